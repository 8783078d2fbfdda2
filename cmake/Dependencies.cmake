# SPDX-License-Identifier: Apache-2.0
# Every third-party package that situ uses, and what it replaces.

# libtorch comes from the PyTorch wheel in the project's own .venv: the engine of all networks.
file(GLOB SITU_TORCH_CMAKE_DIRS ${CMAKE_SOURCE_DIR}/.venv/lib/python3*/site-packages/torch/share/cmake)
if(SITU_TORCH_CMAKE_DIRS)
  list(GET SITU_TORCH_CMAKE_DIRS 0 SITU_TORCH_CMAKE_DIR)
  list(PREPEND CMAKE_PREFIX_PATH ${SITU_TORCH_CMAKE_DIR})
  # Debian's own libtorch, when installed as well, would otherwise win the search for libc10
  # and every program would abort at start.
  cmake_path(GET SITU_TORCH_CMAKE_DIR PARENT_PATH SITU_TORCH_SHARE_DIR)
  cmake_path(GET SITU_TORCH_SHARE_DIR PARENT_PATH SITU_TORCH_ROOT)
  set(C10_LIBRARY ${SITU_TORCH_ROOT}/lib/libc10.so CACHE FILEPATH "c10 of the wheel" FORCE)
  # The wheel has its profiler, kineto, inside libtorch_cpu; TorchConfig looks for a library of that
  # name and warns that there is none.
  set(kineto_LIBRARY ${SITU_TORCH_ROOT}/lib/libtorch_cpu.so CACHE FILEPATH "kineto of the wheel" FORCE)
endif()
find_package(Torch 2.11 REQUIRED)
get_filename_component(SITU_TORCH_LIB_DIR "${TORCH_LIBRARY}" DIRECTORY)
get_filename_component(SITU_C10_LIB_DIR "${C10_LIBRARY}" DIRECTORY)
if(NOT SITU_TORCH_LIB_DIR STREQUAL SITU_C10_LIB_DIR)
  message(FATAL_ERROR "libtorch is ${TORCH_LIBRARY} but c10 is ${C10_LIBRARY}: they must come from one "
                      "folder. Remove the build folder and configure again with the wheel in .venv.")
endif()
message(STATUS "situ: libtorch from ${SITU_TORCH_LIB_DIR}")

find_package(nlohmann_json 3.11 REQUIRED)  # JSON in and out
find_package(CLI11 2.1 REQUIRED)           # command-line parsing
find_package(spdlog 1.10 REQUIRED)         # messages to standard error
find_package(yaml-cpp REQUIRED)            # YAML configuration files
find_package(PNG REQUIRED)                 # PNG files
find_package(JPEG REQUIRED)                # JPEG files (libjpeg-turbo)
find_package(ICU REQUIRED COMPONENTS uc)    # Unicode tables: NFC, lower case, letters and numerals
find_package(OpenSSL REQUIRED)             # SHA-256 of inputs and weights
find_package(CURL REQUIRED)               # downloads of published models: HTTPS, proxies, ranges
find_package(PkgConfig REQUIRED)
pkg_check_modules(WEBP REQUIRED IMPORTED_TARGET libwebp)    # WebP files
pkg_check_modules(HDF5 REQUIRED IMPORTED_TARGET hdf5)       # score maps as SegmentMeIfYouCan writes them
pkg_check_modules(LIBZIP REQUIRED IMPORTED_TARGET libzip)   # the container of .npz files
if(SITU_BUILD_TESTS)
  find_package(GTest 1.12 REQUIRED)
  pkg_check_modules(HTTPLIB REQUIRED IMPORTED_TARGET cpp-httplib)  # the server that downloads are tested with
endif()
if(SITU_BUILD_BENCHMARKS)
  find_package(benchmark REQUIRED)
endif()

# One interface target carries what every situ target is built with.
add_library(situ_build_settings INTERFACE)
target_include_directories(situ_build_settings INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_link_libraries(situ_build_settings INTERFACE ${TORCH_LIBRARIES} nlohmann_json::nlohmann_json)
target_include_directories(situ_build_settings SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
target_compile_definitions(situ_build_settings INTERFACE SITU_VERSION="${PROJECT_VERSION}")
target_compile_options(situ_build_settings INTERFACE
  -Wall -Wextra -Wno-unused-parameter -fpch-preprocess $<$<NOT:$<BOOL:${SITU_BUILD_FUZZERS}>>:-fopenmp> $<$<CONFIG:Release>:-O2>)
# at::parallel_for is a loop in one thread unless its caller is compiled for OpenMP. The run-time library
# has the name of the one in the wheel, so the process has one pool of threads.
target_link_libraries(situ_build_settings INTERFACE $<$<NOT:$<BOOL:${SITU_BUILD_FUZZERS}>>:gomp>)
if(SITU_ADDRESS_SANITIZER)
  target_compile_options(situ_build_settings INTERFACE -fsanitize=address,undefined -fno-omit-frame-pointer)
  target_link_options(situ_build_settings INTERFACE -fsanitize=address,undefined)
endif()
if(SITU_BUILD_FUZZERS)  # in one thread: clang's OpenMP would be a second run-time library in the process
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES Clang)
    message(FATAL_ERROR "SITU_BUILD_FUZZERS needs clang, which brings libFuzzer: "
                        "cmake -DCMAKE_CXX_COMPILER=clang++ …")
  endif()
  target_compile_options(situ_build_settings INTERFACE -fsanitize=fuzzer-no-link,address -fno-omit-frame-pointer)
  target_link_options(situ_build_settings INTERFACE -fsanitize=address)
endif()
