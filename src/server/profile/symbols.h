// The names of functions, by address: from the symbol tables of the program and its libraries.
//
// Reading them takes a while, so it is done beside the cores.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sluice::server {

// A file that is mapped as code.
struct CodeModule {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    std::uintptr_t bias = 0;  // of addresses in memory over those in the file
    std::uint64_t file_offset = 0;
    std::string path;
    std::string build_id;  // hexadecimal; empty where the linker made none
};

class Symbols {
public:
    // Reads what is needed for these addresses.
    explicit Symbols(const std::vector<std::uintptr_t>& addresses);

    const std::vector<CodeModule>& modules() const { return modules_; }
    // The number of the module, or -1.
    int module_of(std::uintptr_t address) const;
    // The function as it is written in C++; empty where the file has been stripped of names.
    std::string function_at(std::uintptr_t address) const;

private:
    struct Function {
        std::uintptr_t begin;
        std::uintptr_t end;
        std::string name;  // as the linker has it
    };

    void read_functions(const CodeModule& module);

    std::vector<CodeModule> modules_;
    std::vector<Function> functions_;  // of all files that were read, by address
};

}  // namespace sluice::server
