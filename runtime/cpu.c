/* Which instruction sets processor and operating system support. Detected here, not by compiler builtins, because those
   need a run-time library of the compiler. */
#include "hg_internal.h"

#include <string.h>

enum { ISA_SSE41, ISA_AVX2, ISA_AVX512, ISA_NEON64, ISA_SVE2, ISA_COUNT };

HG_HELPER_DEFINITION int hg1_isa_number(const char *name) {
    static const char *const names[ISA_COUNT] = {"sse41", "avx2", "avx512", "neon64", "sve2"};
    for (int number = 0; number < ISA_COUNT; ++number) {
        if (strcmp(name, names[number]) == 0) {
            return number;
        }
    }
    return -1;
}

/* Bits of cpuid: of ecx in leaf 1; of ebx in leaf 7; of ecx in leaf 0x80000001. */
enum {
    SSE3 = 1 << 0,
    SSSE3 = 1 << 9,
    FMA = 1 << 12,
    SSE41 = 1 << 19,
    SSE42 = 1 << 20,
    MOVBE = 1 << 22,
    POPCNT = 1 << 23,
    OSXSAVE = 1 << 27,
    AVX = 1 << 28,
    F16C = 1 << 29
};
enum {
    BMI1 = 1 << 3,
    AVX2 = 1 << 5,
    BMI2 = 1 << 8,
    AVX512F = 1 << 16,
    AVX512DQ = 1 << 17,
    AVX512CD = 1 << 28,
    AVX512BW = 1 << 30
};
static const uint32_t AVX512VL = (uint32_t)1 << 31;
enum { LZCNT = 1 << 5 };

static int has(uint64_t word, uint64_t bits) {
    return (word & bits) == bits;
}

HG_HELPER_DEFINITION unsigned hg1_x86_isas(const hg1_cpu_words *words) {
    /* What the compiler of the leaves may emit without being told to: it takes avx512 for a Skylake with AVX-512, avx2 for
       a Haswell, sse41 for a Penryn. Hypervisors and emulators hide single features of a processor; and lzcnt without
       LZCNT is another instruction, which gives another number. */
    const uint64_t for_avx2 = FMA | SSE42 | MOVBE | POPCNT | OSXSAVE | AVX | F16C,
                   for_avx2_extended = AVX2 | BMI1 | BMI2,
                   for_avx512 = (uint64_t)(AVX512F | AVX512DQ | AVX512CD | AVX512BW) | AVX512VL;
    /* The processor's word is not enough: the operating system must save the wide registers (xmm, ymm; opmask, zmm). */
    const uint64_t ymm_states = 0x6, zmm_states = 0xe6;
    unsigned found = 0;
    if (!has(words->basic, SSE3 | SSSE3 | SSE41)) {
        return found;
    }
    found |= 1u << ISA_SSE41;
    if (!has(words->basic, for_avx2) || !has(words->extended, for_avx2_extended) || !has(words->amd, LZCNT) ||
        !has(words->states, ymm_states)) {
        return found;
    }
    found |= 1u << ISA_AVX2;
    if (has(words->extended, for_avx512) && has(words->states, zmm_states)) {
        found |= 1u << ISA_AVX512;
    }
    return found;
}

#if defined(__x86_64__) || defined(__i386__)

#include <cpuid.h>

static uint64_t enabled_states(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return ((uint64_t)high << 32) | low;
}

static unsigned detect(void) {
    hg1_cpu_words words = {0, 0, 0, 0};
    unsigned a, b, c, d;
    if (__get_cpuid(1, &a, &b, &c, &d)) {
        words.basic = c;
    }
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) {
        words.extended = b;
    }
    if (__get_cpuid(0x80000001u, &a, &b, &c, &d)) {
        words.amd = c;
    }
    if ((words.basic & OSXSAVE) != 0) {
        words.states = enabled_states();
    }
    return hg1_x86_isas(&words);
}

#elif defined(__aarch64__)

#if defined(__linux__)
#include <sys/auxv.h>
#endif

static unsigned detect(void) {
    unsigned found = 1u << ISA_NEON64;
#if defined(__linux__)
    const unsigned long sve2 = 1ul << 1; /* HWCAP2_SVE2 */
    if ((getauxval(26 /* AT_HWCAP2 */) & sve2) != 0) {
        found |= 1u << ISA_SVE2;
    }
#endif
    return found;
}

#else

static unsigned detect(void) {
    return 0;
}

#endif

/* Bit ISA_COUNT marks that detection was done. Two threads may both detect: they store the same value. */
extern HG_SHARED unsigned hg1_isa_found;
HG_SHARED unsigned hg1_isa_found = 0;

HG_HELPER_DEFINITION int hg1_isa_supported(int number) {
    unsigned found = __atomic_load_n(&hg1_isa_found, __ATOMIC_RELAXED);
    if (found == 0) {
        found = detect() | (1u << ISA_COUNT);
        __atomic_store_n(&hg1_isa_found, found, __ATOMIC_RELAXED);
    }
    return number >= 0 && (found & (1u << number)) != 0;
}
