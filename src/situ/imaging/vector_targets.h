// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Before a function: it is compiled for plain x86-64 and for AVX2, and the processor decides at
/// the start of the program which one runs. Fused multiply-add is left out on purpose, so that both
/// give the same bits. The sanitizers cannot start a program with such a choice in it.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__)
#define SITU_VECTOR_TARGETS __attribute__((target_clones("avx2", "default")))
#else
#define SITU_VECTOR_TARGETS
#endif
