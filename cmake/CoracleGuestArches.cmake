# SPDX-License-Identifier: Apache-2.0
# The guest programs for systems of other architectures, by Debian's cross compilers, as
# ${CMAKE_BINARY_DIR}/guest/ARCH/NAME.

include(ExternalProject)

set(triplet_amd64 x86_64-linux-gnu)
set(triplet_arm64 aarch64-linux-gnu)
set(triplet_riscv64 riscv64-linux-gnu)
set(package_amd64 g++-x86-64-linux-gnu)

foreach(arch ${CORACLE_GUEST_ARCHES})
  if(NOT DEFINED triplet_${arch})
    message(FATAL_ERROR "CORACLE_GUEST_ARCHES: '${arch}' is none of amd64, arm64 and riscv64")
  endif()
  set(triplet ${triplet_${arch}})
  find_program(CORACLE_COMPILER_${arch} ${triplet}-g++)
  if(NOT CORACLE_COMPILER_${arch})
    if(NOT DEFINED package_${arch})
      set(package_${arch} g++-${triplet})
    endif()
    message(FATAL_ERROR "the compiler for guest programs of ${arch}, ${triplet}-g++, is not installed\n"
                        "try: apt-get install ${package_${arch}}")
  endif()
  string(REGEX REPLACE "-.*" "" processor ${triplet})
  ExternalProject_Add(guest_for_${arch}
    SOURCE_DIR ${CMAKE_SOURCE_DIR}/guest
    BINARY_DIR ${CMAKE_BINARY_DIR}/guest/${arch}-build
    PREFIX ${CMAKE_BINARY_DIR}/guest/${arch}-build/steps
    CMAKE_ARGS -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=${processor}
               -DCMAKE_CXX_COMPILER=${CORACLE_COMPILER_${arch}}
               -DCMAKE_CXX_COMPILER_LAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER}
               -DCMAKE_BUILD_TYPE=${CMAKE_BUILD_TYPE} -DCORACLE_WERROR=${CORACLE_WERROR}
               -DCORACLE_GUEST_OUTPUT=${CMAKE_BINARY_DIR}/guest/${arch}
    BUILD_ALWAYS TRUE
    INSTALL_COMMAND "")
  install(DIRECTORY ${CMAKE_BINARY_DIR}/guest/${arch} DESTINATION libexec/coracle/guest
          USE_SOURCE_PERMISSIONS)
endforeach()
