# How everything here is compiled.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release)
endif()

# Libraries that nothing is used of do not become a need of the program.
add_link_options(LINKER:--as-needed)

if(HALOGRAM_SANITIZERS)
    add_compile_options(-fsanitize=${HALOGRAM_SANITIZERS} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${HALOGRAM_SANITIZERS})
endif()

# What our own targets link to, privately.
add_library(halogram_warnings INTERFACE)
target_compile_options(halogram_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wno-missing-field-initializers
    # -Wrestrict of g++ 12 misfires on string concatenation (GCC bug 105651).
    $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-restrict>
    $<$<BOOL:${HALOGRAM_WARNINGS_AS_ERRORS}>:-Werror>)

# Halide.h takes seconds to parse; worth it where most files of a target include it.
function(halogram_precompile_halide target)
    if(HALOGRAM_PRECOMPILED_HEADERS)
        target_precompile_headers(${target} PRIVATE <Halide.h>)
    endif()
endfunction()
