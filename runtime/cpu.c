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

#if defined(__x86_64__) || defined(__i386__)

#include <cpuid.h>

static uint64_t enabled_states(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return ((uint64_t)high << 32) | low;
}

static unsigned detect(void) {
    unsigned a, b, c, d;
    unsigned found = 0;
    if (!__get_cpuid(1, &a, &b, &c, &d)) {
        return 0;
    }
    const unsigned ssse3 = 1u << 9, fma = 1u << 12, sse41 = 1u << 19, osxsave = 1u << 27, avx = 1u << 28,
                   f16c = 1u << 29;
    if ((c & ssse3) != 0 && (c & sse41) != 0) {
        found |= 1u << ISA_SSE41;
    }
    const unsigned for_avx2 = fma | osxsave | avx | f16c;
    if ((c & for_avx2) != for_avx2 || (found & (1u << ISA_SSE41)) == 0) {
        return found;
    }
    /* The processor's word is not enough: the operating system must save the wide registers (xmm, ymm; opmask, zmm). */
    const uint64_t states = enabled_states();
    const uint64_t ymm_states = 0x6, zmm_states = 0xe6;
    unsigned a7, b7, c7, d7;
    if ((states & ymm_states) != ymm_states || !__get_cpuid_count(7, 0, &a7, &b7, &c7, &d7)) {
        return found;
    }
    const unsigned avx2 = 1u << 5;
    if ((b7 & avx2) == 0) {
        return found;
    }
    found |= 1u << ISA_AVX2;
    const unsigned avx512f = 1u << 16, avx512dq = 1u << 17, avx512cd = 1u << 28, avx512bw = 1u << 30,
                   avx512vl = 1u << 31;
    const unsigned for_avx512 = avx512f | avx512dq | avx512cd | avx512bw | avx512vl;
    if ((b7 & for_avx512) == for_avx512 && (states & zmm_states) == zmm_states) {
        found |= 1u << ISA_AVX512;
    }
    return found;
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
