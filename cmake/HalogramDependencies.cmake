# What the build uses. scripts/setup installs all of it.

# Halide 21, in this order: -DHalide_DIR and -DHalideHelpers_DIR, HALIDE_ROOT (a CMake or an environment variable, its
# installation prefix), CMAKE_PREFIX_PATH, the wheel in build/venv. It is often installed into lib64, which CMake does
# not look into on Debian unless told to.
set_property(GLOBAL PROPERTY FIND_LIBRARY_USE_LIB64_PATHS TRUE)
file(GLOB halide_wheel "${PROJECT_SOURCE_DIR}/build/venv/lib/python3*/site-packages/halide")
find_package(Halide 21 CONFIG COMPONENTS Halide HINTS ${halide_wheel})
if(NOT Halide_FOUND)
    message(FATAL_ERROR "Halide 21 was not found. Run scripts/setup, or give the prefix of an installed one: "
        "-DHALIDE_ROOT=/prefix")
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
