# What the build uses. scripts/setup installs all of it.

# Halide 21: -DHalide_DIR and -DHalideHelpers_DIR, else HALIDE_ROOT (a CMake or an environment variable: the prefix of an
# installed one), else wherever CMake looks, else the wheel in build/venv. Many a Halide is installed into lib64, which
# CMake leaves out on Debian unless told not to.
set_property(GLOBAL PROPERTY FIND_LIBRARY_USE_LIB64_PATHS TRUE)
if(NOT HALIDE_ROOT AND DEFINED ENV{HALIDE_ROOT})
    set(HALIDE_ROOT "$ENV{HALIDE_ROOT}")
endif()
if(HALIDE_ROOT)
    set(halide_place PATHS "${HALIDE_ROOT}" NO_DEFAULT_PATH)
else()
    file(GLOB wheel "${PROJECT_SOURCE_DIR}/build/venv/lib/python3*/site-packages/halide")
    if(SKBUILD)  # `pip install .`: the wheel is where the build's Python finds it
        find_package(Python 3.10 REQUIRED COMPONENTS Interpreter)
        execute_process(
            COMMAND "${Python_EXECUTABLE}" -c
                "import importlib.util as u; print(u.find_spec('halide').submodule_search_locations[0])"
            OUTPUT_VARIABLE of_python OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
        list(PREPEND wheel ${of_python})
    endif()
    set(halide_place HINTS ${wheel})
endif()
find_package(Halide 21 CONFIG COMPONENTS Halide ${halide_place})
if(NOT Halide_FOUND)
    message(FATAL_ERROR "Halide 21 was not found. Run scripts/setup, which installs it into build/venv, or give the "
        "prefix of an installed one: -DHALIDE_ROOT=/prefix")
endif()
message(STATUS "Halide ${Halide_VERSION}: ${Halide_DIR}")

find_package(Threads REQUIRED)
find_package(pegtl REQUIRED)
find_package(CLI11 CONFIG REQUIRED)
find_package(nlohmann_json 3.11 CONFIG REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(PkgConfig REQUIRED)
pkg_check_modules(MPFR REQUIRED IMPORTED_TARGET mpfr)
pkg_check_modules(GMP REQUIRED IMPORTED_TARGET gmp gmpxx)
if(HALOGRAM_TESTS)
    find_package(GTest REQUIRED)
endif()
