#include "tests/performance/inner_loop.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>
#include <utility>
#include <vector>

#include "library/files.h"
#include "library/process.h"
#include "library/temporary_directory.h"

namespace halogram {

namespace {

std::string binutils(const std::vector<std::string>& command, const std::string& object) {
    const TemporaryDirectory directory;
    write_new_file(directory.path() / "leaf.o", object);
    std::vector<std::string> words = command;
    words[0] = find_program(words[0]).string();
    if (words[0].empty()) throw std::runtime_error(command[0] + " of binutils is not there");
    words.push_back("leaf.o");
    const ProcessResult result = run_process(words, directory.path());
    if (result.exit_status != 0) throw std::runtime_error(command[0] + ": " + first_lines(result.output, 3));
    return result.output;
}

struct Instruction {
    unsigned long address;
    std::string text;
};

std::vector<Instruction> instructions_of(const std::string& object, const std::string& symbol) {
    std::istringstream lines(binutils({"objdump", "-d", "--no-show-raw-insn"}, object));
    std::vector<Instruction> all;
    bool inside = false;
    for (std::string line; std::getline(lines, line);) {
        if (line.ends_with(">:")) inside = line.ends_with("<" + symbol + ">:");
        const std::size_t colon = line.find(":\t");
        if (inside && colon != std::string::npos)
            all.push_back({std::stoul(line.substr(0, colon), nullptr, 16), line.substr(colon + 2)});
    }
    if (all.empty()) throw std::runtime_error("there is no function " + symbol);
    return all;
}

// rbp is a register like others unless the function makes it the frame's pointer.
bool has_frame_pointer(const std::vector<Instruction>& code) {
    return std::any_of(code.begin(), code.end(),
                       [](const Instruction& i) { return i.text.find("%rsp,%rbp") != std::string::npos; });
}

bool is_vector_on_stack(const std::string& text, bool frame_pointer) {
    const bool on_stack =
        text.find("(%rsp") != std::string::npos || (frame_pointer && text.find("(%rbp") != std::string::npos);
    return on_stack && (text.find("%ymm") != std::string::npos || text.find("%zmm") != std::string::npos ||
                        text.find("%xmm") != std::string::npos);
}

}  // namespace

InnerLoop inner_loop(const std::string& object, const std::string& symbol) {
    const std::vector<Instruction> code = instructions_of(object, symbol);
    const bool frame_pointer = has_frame_pointer(code);
    std::vector<std::pair<std::size_t, std::size_t>> loops;  // first and last instruction
    for (std::size_t k = 0; k < code.size(); ++k) {
        if (code[k].text[0] != 'j') continue;
        const unsigned long target = std::stoul(code[k].text.substr(code[k].text.find_first_of(" \t")), nullptr, 16);
        if (target > code[k].address) continue;
        const auto first =
            std::find_if(code.begin(), code.end(), [&](const Instruction& i) { return i.address == target; });
        if (first != code.end()) loops.emplace_back(std::size_t(first - code.begin()), k);
    }
    InnerLoop best;
    for (const auto& [first, last] : loops) {
        const auto holds_a_loop = [&](const auto& other) {
            return other.first >= first && other.second <= last && other != std::pair(first, last);
        };
        if (std::any_of(loops.begin(), loops.end(), holds_a_loop)) continue;
        InnerLoop loop;
        for (std::size_t k = first; k <= last; ++k, ++loop.instructions) {
            loop.fused += code[k].text.starts_with("vfmadd") || code[k].text.starts_with("vfnmadd") ||
                          code[k].text.starts_with("vfmsub");
            loop.stack_accesses += is_vector_on_stack(code[k].text, frame_pointer);
        }
        const int density = loop.fused * best.instructions, best_density = best.fused * loop.instructions;
        if (density > best_density || (density == best_density && loop.instructions > best.instructions)) best = loop;
    }
    if (best.instructions == 0) throw std::runtime_error(symbol + " has no loop");
    return best;
}

long text_bytes(const std::string& object) {
    std::istringstream lines(binutils({"size"}, object));
    std::string heading;
    long bytes = 0;
    std::getline(lines, heading);
    if (!(lines >> bytes)) throw std::runtime_error("size of binutils says: " + heading);
    return bytes;
}

}  // namespace halogram
