#include "server/profile/symbols.h"

#include <cxxabi.h>
#include <elf.h>
#include <link.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>

namespace sluice::server {
namespace {

// Notes of a mapped file lie in memory, and each says how long it is; whatever is longer than the
// segment ends the search.
std::string build_id_in(const char* notes, std::size_t bytes) {
    static constexpr char kDigits[] = "0123456789abcdef";
    while (bytes >= sizeof(ElfW(Nhdr))) {
        ElfW(Nhdr) note;
        std::memcpy(&note, notes, sizeof note);
        const std::size_t name = (note.n_namesz + 3u) & ~std::size_t{3};
        const std::size_t content = (note.n_descsz + 3u) & ~std::size_t{3};
        if (sizeof note + name + content > bytes) break;
        const char* const id = notes + sizeof note + name;
        if (note.n_type == NT_GNU_BUILD_ID) {
            std::string text;
            for (std::size_t i = 0; i < note.n_descsz; ++i) {
                const auto byte = static_cast<unsigned char>(id[i]);
                text += kDigits[byte >> 4];
                text += kDigits[byte & 15];
            }
            return text;
        }
        notes = id + content;
        bytes -= sizeof note + name + content;
    }
    return {};
}

// Called for each file that is mapped, the program first. A file has one executable part, of which
// only the last counts if it has several.
int add_module(dl_phdr_info* info, std::size_t, void* list) {
    auto& modules = *static_cast<std::vector<CodeModule>*>(list);
    CodeModule module;
    module.bias = info->dlpi_addr;
    module.path = info->dlpi_name;
    if (module.path.empty()) {  // the program itself
        char path[4096];
        const ssize_t size = ::readlink("/proc/self/exe", path, sizeof path);
        if (size > 0) module.path.assign(path, static_cast<std::size_t>(size));
    }
    for (int i = 0; i < info->dlpi_phnum; ++i) {
        const ElfW(Phdr)& part = info->dlpi_phdr[i];
        const std::uintptr_t begin = info->dlpi_addr + part.p_vaddr;
        if (part.p_type == PT_NOTE && module.build_id.empty()) {
            module.build_id = build_id_in(reinterpret_cast<const char*>(begin), part.p_memsz);
        }
        if (part.p_type != PT_LOAD || (part.p_flags & PF_X) == 0) continue;
        module.begin = begin;
        module.end = begin + part.p_memsz;
        module.file_offset = part.p_offset;
    }
    if (module.begin != module.end) modules.push_back(std::move(module));
    return 0;
}

std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

// Copies a structure out of a file; false where the file is too short.
template <typename T>
// The file on the disk may be any file by now, so nothing in it is believed without a look at its
// size.
bool copy_at(const std::string& file, std::uint64_t at, T& to) {
    if (at > file.size() || sizeof to > file.size() - at) return false;
    std::memcpy(&to, file.data() + at, sizeof to);
    return true;
}

// Names of C stay as they are.
std::string demangled(const std::string& name) {
    int status = 0;
    const std::unique_ptr<char, void (*)(void*)> text(
        abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status), &std::free);
    return status == 0 && text != nullptr ? std::string(text.get()) : name;
}

}  // namespace

Symbols::Symbols(const std::vector<std::uintptr_t>& addresses) {
    dl_iterate_phdr(&add_module, &modules_);
    std::vector<bool> wanted(modules_.size());
    for (const std::uintptr_t address : addresses) {
        const int module = module_of(address);
        if (module >= 0) wanted[static_cast<std::size_t>(module)] = true;
    }
    for (std::size_t i = 0; i < modules_.size(); ++i) {
        if (wanted[i]) read_functions(modules_[i]);
    }
    std::ranges::sort(functions_, {}, &Function::begin);
}

int Symbols::module_of(std::uintptr_t address) const {
    for (std::size_t i = 0; i < modules_.size(); ++i) {
        if (address >= modules_[i].begin && address < modules_[i].end) return static_cast<int>(i);
    }
    return -1;
}

// The full table, or, where that has been stripped, the one of what is exported.
void Symbols::read_functions(const CodeModule& module) {
    // The program may have been replaced on the disk by a newer one; this is still the old file.
    const std::string self = "/proc/self/exe";
    const bool is_program = &module == &modules_.front();
    const std::string file = read_file(is_program ? self : module.path);
    ElfW(Ehdr) head;
    if (!copy_at(file, 0, head) || std::memcmp(head.e_ident, ELFMAG, SELFMAG) != 0) return;
    ElfW(Shdr) table = {};
    for (unsigned i = 0; i < head.e_shnum; ++i) {
        ElfW(Shdr) section;
        if (!copy_at(file, head.e_shoff + std::uint64_t{i} * head.e_shentsize, section)) return;
        if (section.sh_type == SHT_SYMTAB) table = section;
        if (section.sh_type == SHT_DYNSYM && table.sh_type == 0) table = section;
    }
    ElfW(Shdr) texts;
    if (table.sh_type == 0 ||
        !copy_at(file, head.e_shoff + std::uint64_t{table.sh_link} * head.e_shentsize, texts)) {
        return;
    }
    for (std::uint64_t at = 0; at + sizeof(ElfW(Sym)) <= table.sh_size; at += sizeof(ElfW(Sym))) {
        ElfW(Sym) symbol;
        if (!copy_at(file, table.sh_offset + at, symbol)) return;
        if ((symbol.st_info & 15) != STT_FUNC || symbol.st_value == 0) continue;
        const std::uint64_t name = texts.sh_offset + symbol.st_name;
        if (name >= file.size()) continue;
        const std::uintptr_t begin = module.bias + symbol.st_value;
        functions_.push_back(
            {begin, begin + std::max<std::uintptr_t>(symbol.st_size, 1),
             std::string(file.data() + name, ::strnlen(file.data() + name, file.size() - name))});
    }
}

// Functions do not overlap but where names are aliases of one; the last of them is taken.
std::string Symbols::function_at(std::uintptr_t address) const {
    auto after = std::ranges::upper_bound(functions_, address, {}, &Function::begin);
    if (after == functions_.begin()) return {};
    --after;
    return address < after->end ? demangled(after->name) : std::string();
}

}  // namespace sluice::server
