// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Before a function: it is compiled for plain x86-64 and for AVX2, and the processor decides at
/// the start of the program which one runs. Fused multiply-add is left out on purpose, so that both
/// give the same bits. Not under the address sanitizer: the choice is made before its runtime is
/// ready.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__)
#define SITU_VECTOR_TARGETS __attribute__((target_clones("avx2", "default")))
#else
#define SITU_VECTOR_TARGETS
#endif
