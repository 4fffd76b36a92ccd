# SPDX-License-Identifier: Apache-2.0
# How a floor, a test and a guest program are built.

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

function(coracle_options target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
                                           $<$<BOOL:${CORACLE_WERROR}>:-Werror>)
  # With optimisation g++ 12 sees faults in its own std::string (GCC bugs 105329, 105562).
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
    target_compile_options(${target} PRIVATE -Wno-restrict -Wno-maybe-uninitialized)
  endif()
  if(CORACLE_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${CORACLE_SANITIZE} -fno-omit-frame-pointer)
    target_link_options(${target} PRIVATE -fsanitize=${CORACLE_SANITIZE})
  endif()
  if(CORACLE_FUZZ)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
endfunction()

# coracle_floor(NAME LIBRARIES...): src/NAME/*.cc as the static library coracle_NAME, and its *_test.cc
# as the test program NAME_test. LIBRARIES are floors below it and external libraries.
function(coracle_floor name)
  file(GLOB sources CONFIGURE_DEPENDS ${name}/*.cc)
  file(GLOB tests CONFIGURE_DEPENDS ${name}/*_test.cc)
  list(REMOVE_ITEM sources ${tests} "")
  list(FILTER sources EXCLUDE REGEX "/main\\.cc$")
  if(NOT sources)
    return()
  endif()
  add_library(coracle_${name} STATIC ${sources})
  target_include_directories(coracle_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  foreach(library ${ARGN})
    if(TARGET ${library} OR NOT library MATCHES "^coracle_") # a floor may yet have no sources
      target_link_libraries(coracle_${name} PUBLIC ${library})
    endif()
  endforeach()
  coracle_options(coracle_${name})
  if(CORACLE_TESTS AND tests)
    coracle_test(${name}_test coracle_${name} ${tests})
  endif()
endfunction()

# coracle_test(PROGRAM LIBRARY SOURCES...): a GoogleTest program, one ctest per test case.
function(coracle_test program library)
  include(GoogleTest)
  add_executable(${program} ${ARGN})
  target_link_libraries(${program} PRIVATE ${library} GTest::gmock GTest::gtest_main)
  coracle_options(${program})
  target_compile_options(${program} PRIVATE -Wno-conversion -Wno-missing-field-initializers)
  gtest_discover_tests(${program} DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 120
                       WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
endfunction()
