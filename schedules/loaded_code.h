// Object code of leaf functions, made executable inside this process. The compiler's own way, JITModule, first compiles a
// runtime that leaves do not use: 0.50 s of the 0.75 s that the first kernel of a process took.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace halogram {

class LoadedCode {
public:
    // `object` is a relocatable ELF file for x86-64 that needs nothing but emitted_dependencies(). Throws CompileError.
    explicit LoadedCode(std::string_view object);
    ~LoadedCode();
    LoadedCode(const LoadedCode&) = delete;
    LoadedCode& operator=(const LoadedCode&) = delete;

    // The address of a function; nullptr: there is none of this name.
    void* function(const std::string& name) const;

private:
    char* memory_ = nullptr;
    std::size_t bytes_ = 0;
    std::map<std::string, void*> functions_;
};

}  // namespace halogram
