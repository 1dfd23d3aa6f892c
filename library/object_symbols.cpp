#include "library/object_symbols.h"

#include <elf.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <set>
#include <type_traits>
#include <utility>

#include "library/checked_bytes.h"
#include "library/error.h"

namespace halogram {
namespace {

struct Elf32 {
    using Header = Elf32_Ehdr;
    using Section = Elf32_Shdr;
    using Symbol = Elf32_Sym;
};

struct Elf64 {
    using Header = Elf64_Ehdr;
    using Section = Elf64_Shdr;
    using Symbol = Elf64_Sym;
};

[[noreturn]] void fail(const std::string& object_name, const std::string& what) {
    throw ObjectError(object_name, what);
}

template <typename Elf>
std::vector<typename Elf::Section> read_sections(const CheckedBytes& bytes, const std::string& object_name) {
    using Section = typename Elf::Section;
    const auto header = bytes.record<typename Elf::Header>(0);
    if (header.e_type != ET_REL) fail(object_name, "it is an ELF file, but not a relocatable object");
    std::vector<Section> sections;
    if (header.e_shoff == 0) return sections;
    if (header.e_shentsize != sizeof(Section)) fail(object_name, "its section headers have an unknown size");
    std::uint64_t count = header.e_shnum;
    // More than 65279 sections: the number stands in the first section header.
    if (count == 0) count = bytes.record<Section>(header.e_shoff).sh_size;
    if (count > UINT64_MAX / sizeof(Section)) fail(object_name, "it is cut off or damaged");
    bytes.part(header.e_shoff, count * sizeof(Section));
    for (std::uint64_t i = 0; i < count; ++i)
        sections.push_back(bytes.record<Section>(header.e_shoff + i * sizeof(Section)));
    return sections;
}

// visit(symbol's offset in the file, symbol, name) for every symbol that is not local.
template <typename Elf, typename Visit>
void visit_global_symbols(std::string_view object, const std::string& object_name, Visit visit) {
    using Symbol = typename Elf::Symbol;
    const CheckedBytes bytes(object, [&](const std::string& what) { fail(object_name, what); });
    const auto sections = read_sections<Elf>(bytes, object_name);
    for (const auto& section : sections) {
        if (section.sh_type != SHT_SYMTAB) continue;
        if (section.sh_entsize != sizeof(Symbol) || section.sh_size % sizeof(Symbol) != 0 ||
            section.sh_link >= sections.size())
            fail(object_name, "its symbol table is damaged");
        const auto& string_section = sections[section.sh_link];
        const std::string_view strings = bytes.part(string_section.sh_offset, string_section.sh_size);
        bytes.part(section.sh_offset, section.sh_size);
        for (std::uint64_t at = section.sh_offset; at < section.sh_offset + section.sh_size; at += sizeof(Symbol)) {
            const auto symbol = bytes.record<Symbol>(at);
            // The macros of both word sizes are the same.
            if (ELF64_ST_BIND(symbol.st_info) == STB_LOCAL) continue;
            visit(at, symbol, bytes.text(strings, symbol.st_name));
        }
    }
}

// visit(offset of the symbol's st_other, is it defined, its st_other, name)
template <typename Visit>
void visit_symbols(std::string_view object, const std::string& object_name, Visit visit) {
    if (object.size() < EI_NIDENT || std::memcmp(object.data(), ELFMAG, SELFMAG) != 0)
        fail(object_name, "it is not an ELF object file");
    constexpr unsigned char native = std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;
    if (static_cast<unsigned char>(object[EI_DATA]) != native)
        fail(object_name, "its byte order is not this machine's");
    const auto generic = [&](std::uint64_t at, const auto& symbol, const std::string& name) {
        visit(at + offsetof(std::remove_cvref_t<decltype(symbol)>, st_other), symbol.st_shndx != SHN_UNDEF,
              symbol.st_other, name);
    };
    switch (object[EI_CLASS]) {
        case ELFCLASS32: return visit_global_symbols<Elf32>(object, object_name, generic);
        case ELFCLASS64: return visit_global_symbols<Elf64>(object, object_name, generic);
        default: fail(object_name, "it is neither a 32-bit nor a 64-bit ELF file");
    }
}

template <typename Elf>
std::string machine_text(const CheckedBytes& bytes, const char* width) {
    const auto machine = bytes.record<typename Elf::Header>(0).e_machine;
    const std::string name = machine == EM_X86_64    ? "x86-64"
                             : machine == EM_AARCH64 ? "arm-64"
                                                     : "ELF machine " + std::to_string(machine);
    return name + " (" + width + " bits)";
}

}  // namespace

ObjectError::ObjectError(const std::string& object_name, const std::string& what)
    : LibraryError("object file '" + object_name + "': " + what), reason(what) {}

std::string object_machine(std::string_view object, const std::string& object_name) {
    visit_symbols(object, object_name, [](auto&&...) {});  // is it an object at all
    const CheckedBytes bytes(object, [&](const std::string& what) { fail(object_name, what); });
    return object[EI_CLASS] == ELFCLASS32 ? machine_text<Elf32>(bytes, "32") : machine_text<Elf64>(bytes, "64");
}

ObjectSymbols object_symbols(std::string_view object, const std::string& object_name) {
    std::set<std::string> defined, undefined;
    visit_symbols(object, object_name, [&](std::uint64_t, bool is_defined, unsigned char, const std::string& name) {
        if (!name.empty()) (is_defined ? defined : undefined).insert(name);
    });
    return {{defined.begin(), defined.end()}, {undefined.begin(), undefined.end()}};
}

std::string with_hidden_symbols(std::string object, const std::string& object_name) {
    std::vector<std::pair<std::uint64_t, char>> changes;
    visit_symbols(object, object_name, [&](std::uint64_t at, bool is_defined, unsigned char other, const std::string&) {
        // The other bits of st_other belong to the processor's ABI; "internal" hides already.
        const unsigned char visibility = ELF64_ST_VISIBILITY(other);
        if (is_defined && visibility != STV_INTERNAL)
            changes.emplace_back(at, static_cast<char>((other & ~0x3U) | STV_HIDDEN));
    });
    for (const auto& [at, value] : changes) object[at] = value;
    return object;
}

}  // namespace halogram
