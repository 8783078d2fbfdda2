# SPDX-License-Identifier: Apache-2.0
# situ_add_module: one folder = one static library + one test binary + one row of modules.txt.
#
#   situ_add_module(pipeline PCH tensor
#     SOURCES object_insertion.cpp …  TESTS object_insertion_test.cpp …
#     DEPENDS core imaging tasks  LIBRARIES PNG::PNG)
#
# DEPENDS is the only statement of the layering; the test `layering` holds every include to it.
# SLOW_TESTS go to a second binary with the ctest label `slow`.

set_property(GLOBAL PROPERTY SITU_MODULE_TABLE "")

function(situ_target_name out module)
  string(REPLACE "/" "_" name ${module})
  set(${out} situ_${name} PARENT_SCOPE)
endfunction()

# The two precompiled headers are built once, each by a small library of its own, and reused.
function(_situ_precompiled_header target kind)
  if(NOT TARGET situ_pch_${kind})
    file(WRITE ${CMAKE_BINARY_DIR}/situ_pch_${kind}.cpp "")
    add_library(situ_pch_${kind} STATIC ${CMAKE_BINARY_DIR}/situ_pch_${kind}.cpp)
    target_link_libraries(situ_pch_${kind} PUBLIC situ_build_settings)
    if(kind STREQUAL "nn")
      target_precompile_headers(situ_pch_${kind} PRIVATE <torch/nn.h> <torch/optim.h> <nlohmann/json.hpp>)
    else()
      target_precompile_headers(situ_pch_${kind} PRIVATE <torch/types.h> <nlohmann/json.hpp>)
    endif()
  endif()
  target_precompile_headers(${target} REUSE_FROM situ_pch_${kind})
endfunction()

function(_situ_add_test_binary target module pch label)
  add_executable(${target} ${ARGN})
  target_link_libraries(${target} PRIVATE GTest::gtest GTest::gmock GTest::gtest_main)
  target_compile_definitions(${target} PRIVATE SITU_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  _situ_precompiled_header(${target} ${pch})
  add_test(NAME ${target} COMMAND ${target} --gtest_brief=1)
  set_tests_properties(${target} PROPERTIES LABELS ${label} TIMEOUT 1800
    ENVIRONMENT "OMP_NUM_THREADS=2")
  # ctest starts the highest cost first: what is fast comes before what is slow, and a slow one has
  # both threads to itself.
  if(label STREQUAL "slow")
    set_tests_properties(${target} PROPERTIES COST 1 PROCESSORS 2)
  else()
    set_tests_properties(${target} PROPERTIES COST 100)
  endif()
endfunction()

function(situ_add_module module)
  cmake_parse_arguments(M "" "PCH" "SOURCES;TESTS;SLOW_TESTS;DEPENDS;LIBRARIES" ${ARGN})
  if(NOT M_PCH)
    set(M_PCH tensor)
  endif()
  situ_target_name(target ${module})
  add_library(${target} STATIC ${M_SOURCES})
  target_link_libraries(${target} PUBLIC situ_build_settings PRIVATE ${M_LIBRARIES})
  foreach(dependency IN LISTS M_DEPENDS)
    situ_target_name(dependency_target ${dependency})
    target_link_libraries(${target} PUBLIC ${dependency_target})
  endforeach()
  _situ_precompiled_header(${target} ${M_PCH})

  string(JOIN " " depends ${M_DEPENDS})
  set_property(GLOBAL APPEND PROPERTY SITU_MODULE_TABLE "${module}: ${depends}")

  if(SITU_BUILD_TESTS AND M_TESTS)
    _situ_add_test_binary(${target}_test ${module} ${M_PCH} fast ${M_TESTS})
    target_link_libraries(${target}_test PRIVATE ${target} ${M_LIBRARIES})
  endif()
  if(SITU_BUILD_TESTS AND M_SLOW_TESTS)
    _situ_add_test_binary(${target}_slow_test ${module} ${M_PCH} slow ${M_SLOW_TESTS})
    target_link_libraries(${target}_slow_test PRIVATE ${target} ${M_LIBRARIES})
  endif()
endfunction()

function(situ_write_module_table)
  get_property(rows GLOBAL PROPERTY SITU_MODULE_TABLE)
  string(JOIN "\n" text ${rows})
  file(WRITE ${CMAKE_BINARY_DIR}/modules.txt "${text}\n")
endfunction()
