#include "schedules/loaded_code.h"

#include <elf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <vector>

#include "library/checked_bytes.h"
#include "schedules/kernel_request.h"

namespace halogram {

namespace {

[[noreturn]] void fail(const std::string& what) { throw CompileError("the compiled kernel cannot be loaded: " + what); }

// What an object may need from outside: calls that the compiler emits for loops.
void* outside(const std::string& name) {
    if (name == "memcpy") return reinterpret_cast<void*>(&std::memcpy);
    if (name == "memmove") return reinterpret_cast<void*>(&std::memmove);
    if (name == "memset") return reinterpret_cast<void*>(&std::memset);
    if (name == "memcmp") return reinterpret_cast<void*>(&std::memcmp);
    fail("it needs " + name);
}

// Larger than any kernel: what a damaged file asks for is refused before memory is taken.
constexpr std::size_t largest_bytes = std::size_t{1} << 30;

constexpr std::size_t jump_bytes = 16;  // jmp *0(%rip), then the address: functions of the process may lie out of reach

class Object {
public:
    explicit Object(std::string_view bytes) : bytes_(bytes, fail) {
        const Elf64_Ehdr header = bytes_.record<Elf64_Ehdr>(0);
        if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_type != ET_REL ||
            header.e_machine != EM_X86_64 || header.e_shentsize != sizeof(Elf64_Shdr))
            fail("it is no relocatable object for x86-64");
        for (std::size_t s = 0; s < header.e_shnum; ++s)
            sections_.push_back(bytes_.record<Elf64_Shdr>(header.e_shoff + s * sizeof(Elf64_Shdr)));
        places_.resize(sections_.size(), 0);
        for (const Elf64_Shdr& section : sections_) {
            if (section.sh_type != SHT_SYMTAB || !symbols_.empty()) continue;
            for (std::size_t k = 0; k < section.sh_size / sizeof(Elf64_Sym); ++k) {
                const Elf64_Sym symbol = bytes_.record<Elf64_Sym>(section.sh_offset + k * sizeof(Elf64_Sym));
                symbols_.push_back(symbol);
                const Elf64_Shdr& names = section_at(section.sh_link);
                names_.push_back(bytes_.text(bytes_.part(names.sh_offset, names.sh_size), symbol.st_name));
            }
        }
        place();
    }

    // Sections one behind the other, then one jump for each function of the process.
    std::size_t size() const { return jumps_ + outer_.size() * jump_bytes; }

    void load(char* memory) const {
        for (std::size_t s = 0; s < sections_.size(); ++s)
            if (is_loaded(sections_[s]) && sections_[s].sh_type != SHT_NOBITS) {
                const std::string_view contents = bytes_.part(sections_[s].sh_offset, sections_[s].sh_size);
                std::memcpy(memory + places_[s], contents.data(), contents.size());
            }
        for (const auto& [symbol, k] : outer_) {
            const unsigned char jump[] = {0xff, 0x25, 0, 0, 0, 0};
            void* const target = outside(names_[symbol]);
            std::memcpy(memory + jumps_ + k * jump_bytes, jump, sizeof jump);
            std::memcpy(memory + jumps_ + k * jump_bytes + sizeof jump, &target, sizeof target);
        }
        for (const Elf64_Shdr& section : sections_)
            if (section.sh_type == SHT_RELA && is_loaded(section_at(section.sh_info))) relocate(section, memory);
    }

    std::map<std::string, void*> functions(char* memory) const {
        std::map<std::string, void*> result;
        for (std::size_t k = 0; k < symbols_.size(); ++k)
            if (ELF64_ST_TYPE(symbols_[k].st_info) == STT_FUNC && symbols_[k].st_shndx != SHN_UNDEF &&
                symbols_[k].st_shndx < sections_.size())
                result[names_[k]] = memory + offset_of(k);
        return result;
    }

private:
    CheckedBytes bytes_;
    std::vector<Elf64_Shdr> sections_;
    std::vector<std::size_t> places_;
    std::vector<Elf64_Sym> symbols_;
    std::vector<std::string> names_;
    std::map<std::size_t, std::size_t> outer_;  // symbol -> number of its jump
    std::size_t jumps_ = 0;

    const Elf64_Shdr& section_at(std::size_t s) const {
        if (s >= sections_.size()) fail("it is damaged");
        return sections_[s];
    }
    static bool is_loaded(const Elf64_Shdr& section) { return (section.sh_flags & SHF_ALLOC) != 0; }

    void place() {
        std::size_t end = 0;
        for (std::size_t s = 0; s < sections_.size(); ++s) {
            if (!is_loaded(sections_[s])) continue;
            if ((sections_[s].sh_flags & (SHF_WRITE | SHF_TLS)) != 0) fail("it has data that is written");
            const std::size_t alignment = std::max<std::size_t>(1, sections_[s].sh_addralign);
            if (alignment > largest_bytes || sections_[s].sh_size > largest_bytes || end > largest_bytes)
                fail("it is larger than 1 GiB");
            end = (end + alignment - 1) / alignment * alignment;
            places_[s] = end;
            end += sections_[s].sh_size;
        }
        jumps_ = (end + jump_bytes - 1) / jump_bytes * jump_bytes;
        for (std::size_t k = 1; k < symbols_.size(); ++k)
            if (symbols_[k].st_shndx == SHN_UNDEF) outer_.emplace(k, outer_.size());
    }

    std::size_t offset_of(std::size_t symbol) const {
        const auto jump = outer_.find(symbol);
        if (jump != outer_.end()) return jumps_ + jump->second * jump_bytes;
        if (symbol >= symbols_.size()) fail("it is damaged");
        const Elf64_Sym& s = symbols_[symbol];
        if (s.st_value > section_at(s.st_shndx).sh_size) fail("it is damaged");
        return places_[s.st_shndx] + s.st_value;
    }

    void relocate(const Elf64_Shdr& section, char* memory) const {
        const std::size_t base = places_[section.sh_info], length = sections_[section.sh_info].sh_size;
        for (std::size_t k = 0; k < section.sh_size / sizeof(Elf64_Rela); ++k) {
            const Elf64_Rela r = bytes_.record<Elf64_Rela>(section.sh_offset + k * sizeof(Elf64_Rela));
            const auto kind = ELF64_R_TYPE(r.r_info);
            if (kind != R_X86_64_PC32 && kind != R_X86_64_PLT32)
                fail("it has a relocation of kind " + std::to_string(kind));
            if (r.r_offset > length || length - r.r_offset < sizeof(std::int32_t)) fail("it is cut off");
            const std::size_t place = base + r.r_offset;
            const auto distance = static_cast<std::int64_t>(offset_of(ELF64_R_SYM(r.r_info))) + r.r_addend -
                                  static_cast<std::int64_t>(place);
            const auto stored = static_cast<std::int32_t>(distance);
            if (stored != distance) fail("it is damaged");
            std::memcpy(memory + place, &stored, sizeof stored);
        }
    }
};

}  // namespace

LoadedCode::LoadedCode(std::string_view object) {
    const Object parsed(object);
    bytes_ = std::max<std::size_t>(parsed.size(), 1);
    void* const mapped = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) fail("there is no memory for it");
    memory_ = static_cast<char*>(mapped);
    try {
        parsed.load(memory_);
        functions_ = parsed.functions(memory_);
        if (mprotect(memory_, bytes_, PROT_READ | PROT_EXEC) != 0) fail("its memory cannot be made executable");
    } catch (...) {
        munmap(memory_, bytes_);
        throw;
    }
}

LoadedCode::~LoadedCode() { munmap(memory_, bytes_); }

void* LoadedCode::function(const std::string& name) const {
    const auto found = functions_.find(name);
    return found == functions_.end() ? nullptr : found->second;
}

}  // namespace halogram
