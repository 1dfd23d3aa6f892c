# `cmake --install`: the programs with their libHalide, the CMake package, the pkg-config file, examples of users' projects.
# All of it may be moved to another prefix. The build tree is a CMake package too: -DHalogram_DIR=<build tree>.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/Halogram")
set(private_dir "${CMAKE_INSTALL_LIBDIR}/halogram")  # our libHalide is nobody else's
set(doc_dir "${CMAKE_INSTALL_DATADIR}/doc/halogram")
set(pkgconfig_dir "${CMAKE_INSTALL_DATADIR}/pkgconfig")

# halogram_generator: our pipelines for add_halide_library(... FROM Halogram::halogram_generator GENERATOR halogram ...).
set(programs halogram halogram_generator)
foreach(program IN LISTS programs)
    add_executable(Halogram::${program} ALIAS ${program})
endforeach()
install(TARGETS ${programs} EXPORT HalogramTargets DESTINATION "${CMAKE_INSTALL_BINDIR}")
if(HALOGRAM_INSTALL_HALIDE)
    file(RELATIVE_PATH private_from_bin "/${CMAKE_INSTALL_BINDIR}" "/${private_dir}")
    set_target_properties(${programs} PROPERTIES INSTALL_RPATH "\$ORIGIN/${private_from_bin}")
    get_target_property(halide_type Halide::Halide TYPE)
    if(halide_type STREQUAL "SHARED_LIBRARY")
        install(IMPORTED_RUNTIME_ARTIFACTS Halide::Halide LIBRARY DESTINATION "${private_dir}")
        foreach(autoscheduler Adams2019 Li2018 Mullapudi2016)  # halogram bench --against
            if(TARGET Halide::${autoscheduler})
                install(FILES "$<TARGET_FILE:Halide::${autoscheduler}>" DESTINATION "${private_dir}")
            endif()
        endforeach()
    endif()
else()
    set_target_properties(${programs} PROPERTIES INSTALL_RPATH_USE_LINK_PATH ON)
endif()

# The installed package.
set(HALOGRAM_ADD_LIBRARY "\${CMAKE_CURRENT_LIST_DIR}/HalogramAddLibrary.cmake")
configure_package_config_file(cmake/HalogramConfig.cmake.in "${PROJECT_BINARY_DIR}/cmake/HalogramConfig.cmake"
    INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/HalogramConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(EXPORT HalogramTargets NAMESPACE Halogram:: DESTINATION "${package_dir}")
install(FILES
    "${PROJECT_BINARY_DIR}/cmake/HalogramConfig.cmake"
    "${PROJECT_BINARY_DIR}/HalogramConfigVersion.cmake"
    cmake/HalogramAddLibrary.cmake
    DESTINATION "${package_dir}")

# The build tree as a package.
set(HALOGRAM_ADD_LIBRARY "${PROJECT_SOURCE_DIR}/cmake/HalogramAddLibrary.cmake")
configure_package_config_file(cmake/HalogramConfig.cmake.in "${PROJECT_BINARY_DIR}/HalogramConfig.cmake"
    INSTALL_DESTINATION "${PROJECT_BINARY_DIR}" INSTALL_PREFIX "${PROJECT_BINARY_DIR}")
export(EXPORT HalogramTargets NAMESPACE Halogram:: FILE "${PROJECT_BINARY_DIR}/HalogramTargets.cmake")

file(RELATIVE_PATH HALOGRAM_PREFIX_FROM_PC "/${pkgconfig_dir}" "/")
string(REGEX REPLACE "/$" "" HALOGRAM_PREFIX_FROM_PC "${HALOGRAM_PREFIX_FROM_PC}")
configure_file(cmake/halogram.pc.in "${PROJECT_BINARY_DIR}/cmake/halogram.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/cmake/halogram.pc" DESTINATION "${pkgconfig_dir}")

install(FILES LICENSE README.md DESTINATION "${doc_dir}")
install(DIRECTORY tests/consumers/cmake tests/consumers/halide tests/consumers/pkg-config tests/consumers/cc
    DESTINATION "${doc_dir}/examples"
    USE_SOURCE_PERMISSIONS
    PATTERN ".clang-format" EXCLUDE)
