# halogram_add_library: a compiled kernel as a target of the build.
#
#   halogram_add_library(<target>
#       KERNEL <name> | FORMULA <text> | SPEC <file.json>
#       FEATURES <D> | any              # not with SPEC
#       [NAME <c_name>]                 # default: the kernel's name; with FORMULA the target's
#       [OPS <operation>...]            # gram gram_vjp
#       [DTYPE f32|f64] [TARGET <target>...] [FORM direct|expanded|auto] [TOLERANCE <number>] [MATH exact|fast]
#       [SET <parameter>=<value>...] [SCHEDULES <directory>])
#
# It runs `halogram build` when the library is needed and out of date. A target that links to <target> can include the
# header NAME.h and gets the static library NAME and what that needs (threads). Target properties HALOGRAM_NAME,
# HALOGRAM_LIBRARY, HALOGRAM_HEADER and HALOGRAM_MANIFEST hold the C name and the three files, for example for install().
include_guard(DIRECTORY)

function(halogram_add_library target)
    set(single KERNEL FORMULA SPEC FEATURES NAME DTYPE FORM TOLERANCE MATH SCHEDULES)
    set(several OPS TARGET SET)
    cmake_parse_arguments(PARSE_ARGV 1 HG "" "${single}" "${several}")
    set(call "halogram_add_library(${target})")
    if(HG_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "${call}: unknown arguments: ${HG_UNPARSED_ARGUMENTS}")
    endif()
    if(HG_KEYWORDS_MISSING_VALUES)
        message(FATAL_ERROR "${call}: no value after ${HG_KEYWORDS_MISSING_VALUES}")
    endif()
    set(sources 0)
    foreach(source KERNEL FORMULA SPEC)
        if(DEFINED HG_${source})
            math(EXPR sources "${sources} + 1")
        endif()
    endforeach()
    if(NOT sources EQUAL 1)
        message(FATAL_ERROR "${call}: give one of KERNEL, FORMULA and SPEC")
    endif()

    # --option=value, so that a value may begin with a minus.
    set(depends "$<TARGET_FILE:Halogram::halogram>")
    if(DEFINED HG_SPEC)
        foreach(option FEATURES NAME DTYPE FORM TOLERANCE MATH OPS TARGET SET)
            if(DEFINED HG_${option})
                message(FATAL_ERROR "${call}: ${option} stands in the SPEC file")
            endif()
        endforeach()
        cmake_path(ABSOLUTE_PATH HG_SPEC BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE)
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${HG_SPEC}")
        file(READ "${HG_SPEC}" spec)
        string(JSON name GET "${spec}" name)
        set(arguments "--spec=${HG_SPEC}")
        list(APPEND depends "${HG_SPEC}")
        set(what "${HG_SPEC}")
    else()
        if(NOT DEFINED HG_FEATURES)
            message(FATAL_ERROR "${call}: FEATURES is missing: their number, or `any`")
        endif()
        if(DEFINED HG_NAME)
            set(name "${HG_NAME}")
        elseif(DEFINED HG_KERNEL)
            set(name "${HG_KERNEL}")
        else()
            string(MAKE_C_IDENTIFIER "${target}" name)
        endif()
        if(DEFINED HG_KERNEL)
            set(arguments "--kernel=${HG_KERNEL}")
            set(what "${HG_KERNEL}")
        else()
            set(arguments "--formula=${HG_FORMULA}")
            set(what "${HG_FORMULA}")
        endif()
        list(APPEND arguments "--features=${HG_FEATURES}" "--name=${name}")
        foreach(option DTYPE FORM TOLERANCE MATH)
            if(DEFINED HG_${option})
                string(TOLOWER "${option}" flag)
                list(APPEND arguments "--${flag}=${HG_${option}}")
            endif()
        endforeach()
        if(HG_OPS)
            list(JOIN HG_OPS "," operations)
            list(APPEND arguments "--ops=${operations}")
        endif()
        foreach(platform IN LISTS HG_TARGET)
            list(APPEND arguments "--target=${platform}")
        endforeach()
        foreach(setting IN LISTS HG_SET)
            list(APPEND arguments "--set=${setting}")
        endforeach()
    endif()
    if(DEFINED HG_SCHEDULES)
        cmake_path(ABSOLUTE_PATH HG_SCHEDULES BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE)
        list(APPEND arguments "--schedules=${HG_SCHEDULES}")
    endif()
    if(CMAKE_C_COMPILER)
        list(APPEND arguments "--cc=${CMAKE_C_COMPILER}")
    endif()

    set(directory "${CMAKE_CURRENT_BINARY_DIR}/${target}.halogram")
    file(MAKE_DIRECTORY "${directory}")
    set(library "${directory}/lib${name}.a")
    set(header "${directory}/${name}.h")
    set(manifest "${directory}/${name}.json")
    add_custom_command(
        OUTPUT "${library}" "${header}" "${manifest}"
        COMMAND Halogram::halogram build ${arguments} --quiet -o "${directory}"
        DEPENDS ${depends}
        COMMENT "Halogram: ${name} from ${what}"
        VERBATIM)
    add_custom_target(${target}-halogram DEPENDS "${library}" "${header}" "${manifest}")

    find_package(Threads REQUIRED)
    add_library(${target} STATIC IMPORTED GLOBAL)
    add_dependencies(${target} ${target}-halogram)
    set_target_properties(${target} PROPERTIES
        IMPORTED_LOCATION "${library}"
        INTERFACE_INCLUDE_DIRECTORIES "${directory}"
        INTERFACE_LINK_LIBRARIES "Threads::Threads;$<$<NOT:$<PLATFORM_ID:Windows,Darwin>>:m>"
        HALOGRAM_NAME "${name}"
        HALOGRAM_LIBRARY "${library}"
        HALOGRAM_HEADER "${header}"
        HALOGRAM_MANIFEST "${manifest}")
endfunction()
