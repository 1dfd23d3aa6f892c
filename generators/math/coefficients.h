// Written by generators/math/coefficients.py, which says how to make it anew. Lowest power first. The f32 lists
// hold numbers of 24 bits, so that they are exact in f32 too.
#pragma once

namespace halogram::code {

// ln 2 as a sum of 2 numbers; what is left is below 8.78e-17.
inline constexpr double ln_2_f32[] = {0x1.62e43p-1, -0x1.05c61p-29};

// ln 2, the first number of 16 bits as a sum of 2 numbers; what is left is below 5.5e-14.
inline constexpr double ln_2_short_f32[] = {0x1.62e4p-1, 0x1.7f7d1cp-20};

// pi / 2 as a sum of 3 numbers; what is left is below 1.06e-23.
inline constexpr double half_pi_f32[] = {0x1.921fb6p+0, -0x1.777a5cp-25, -0x1.ee59dap-50};

// 2 / ln 2 as a sum of 2 numbers; what is left is below 8.47e-16.
inline constexpr double log2_atanh_1_f32[] = {0x1.715476p+1, 0x1.4ae0cp-25};

// 2 / (3 ln 2) as a sum of 2 numbers; what is left is below 1.62e-16.
inline constexpr double log2_atanh_3_f32[] = {0x1.ec709ep-1, -0x1.e2fe02p-28};

// 2 / (5 ln 2) as a sum of 2 numbers; what is left is below 1.69e-16.
inline constexpr double log2_atanh_5_f32[] = {0x1.2776c6p-1, -0x1.e20c8p-26};

// ln 2 as a sum of 2 numbers; what is left is below 5.71e-34.
inline constexpr double ln_2_f64[] = {0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56};

// ln 2, the first number of 42 bits as a sum of 2 numbers; what is left is below 1.95e-31.
inline constexpr double ln_2_short_f64[] = {0x1.62e42fefa38p-1, 0x1.ef35793c7673p-45};

// pi / 2 as a sum of 3 numbers; what is left is below 5.56e-50.
inline constexpr double half_pi_f64[] = {0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54, -0x1.f1976b7ed8fbcp-110};

// 2 / ln 2 as a sum of 2 numbers; what is left is below 2.12e-33.
inline constexpr double log2_atanh_1_f64[] = {0x1.71547652b82fep+1, 0x1.777d0ffda0d24p-55};

// 2 / (3 ln 2) as a sum of 2 numbers; what is left is below 7.08e-34.
inline constexpr double log2_atanh_3_f64[] = {0x1.ec709dc3a03fdp-1, 0x1.d27f05548af0cp-55};

// 2 / (5 ln 2) as a sum of 2 numbers; what is left is below 4.25e-34.
inline constexpr double log2_atanh_5_f64[] = {0x1.2776c50ef9bfep-1, 0x1.e4b29ccc535d4p-55};

// (e^r - 1 - r) / r^2 on [-0.346608248, 0.346608248]; error of e^r, relative: 2^-28.25.
inline constexpr double exp_tail_f32[] = {0x1.fffffcp-2, 0x1.555492p-3, 0x1.5558aap-5, 0x1.12397ep-7, 0x1.6a53d6p-10};

// (e^r - 1 - r) / r^2 on [-0.346608248, 0.346608248]; error of e^r, relative: 2^-57.88.
inline constexpr double exp_tail_f64[] = {
    0x1.000000000000ap-1,  0x1.5555555555501p-3,  0x1.55555555506b5p-5,  0x1.1111111125febp-7,  0x1.6c16c184790eap-10,
    0x1.a01a0133941bbp-13, 0x1.a0199958fffc8p-16, 0x1.71df11168bc4cp-19, 0x1.28ae027adb9f8p-22, 0x1.ad9ef60f49969p-26};

// (e^r - 1 - r) / r^2 on [-0.346608248, 0.346608248]; error of e^r, relative: 2^-23.19.
inline constexpr double fast_exp_tail_f32[] = {0x1.fffdfcp-2, 0x1.5557aep-3, 0x1.572a1cp-5, 0x1.1062e2p-7};

// (e^r - 1 - r) / r^2 on [-0.346608248, 0.346608248]; error of e^r - 1, relative: 2^-30.5.
inline constexpr double expm1_tail_f32[] = {0x1p-1,        0x1.555552p-3,  0x1.5554eep-5,
                                            0x1.1115ecp-7, 0x1.6d45bap-10, 0x1.9a17e6p-13};

// (e^r - 1 - r) / r^2 on [-0.346608248, 0.346608248]; error of e^r - 1, relative: 2^-61.52.
inline constexpr double expm1_tail_f64[] = {0x1p-1,
                                            0x1.5555555555559p-3,
                                            0x1.555555555554dp-5,
                                            0x1.111111110f658p-7,
                                            0x1.6c16c16c1ab06p-10,
                                            0x1.a01a01b001329p-13,
                                            0x1.a01a018e09114p-16,
                                            0x1.71ddf81779736p-19,
                                            0x1.27e5134f68444p-22,
                                            0x1.af5f1ac236fb4p-26,
                                            0x1.1f1a05de6fc12p-29};

// (2^g - 1 - g ln 2) / g^2 on [-0.5001, 0.5001]; error of 2^g, relative: 2^-32.75.
inline constexpr double exp2_tail_f32[] = {0x1.ebfbep-3,   0x1.c6b088p-5, 0x1.3b2a48p-7,
                                           0x1.5d8f34p-10, 0x1.4424bp-13, 0x1.f7742ep-17};

// (2^g - 1 - g ln 2) / g^2 on [-0.5001, 0.5001]; error of 2^g, relative: 2^-63.07.
inline constexpr double exp2_tail_f64[] = {0x1.ebfbdff82c58fp-3,  0x1.c6b08d704a0c8p-5,  0x1.3b2ab6fba4d68p-7,
                                           0x1.5d87fe78a36b2p-10, 0x1.430912f8b3c53p-13, 0x1.ffcbfc70de93ep-17,
                                           0x1.62c02130156aap-20, 0x1.b524e48774186p-24, 0x1.e4d2d288a5f4dp-28,
                                           0x1.e9f79614b0544p-32, 0x1.bfb1daa7ed5ddp-36};

// (log(1 + f) - f) / f^2 on [-0.292893512, 0.414213977]; error of log(1 + f), relative: 2^-30.16.
inline constexpr double log_tail_f32[] = {-0x1p-1,       0x1.555546p-2,  -0x1.000002p-2, 0x1.99a548p-3,  -0x1.555e4ep-3,
                                          0x1.232f28p-3, -0x1.fbda82p-4, 0x1.e7171cp-4,  -0x1.dfcd76p-4, 0x1.15df22p-4};

// (2 atanh(s) / s - 2) / z with z = s^2 on [0.0, 0.0294373003]; error of 2 atanh(s), relative: 2^-59.5.
inline constexpr double log_atanh_f64[] = {0x1.5555555555592p-1, 0x1.999999997ff69p-2, 0x1.24924941dad65p-2,
                                           0x1.c71c521a7f0adp-3, 0x1.74663b8df9a5cp-3, 0x1.39a20dc842557p-3,
                                           0x1.2f023c54cb605p-3};

// (2 atanh(s) / (s ln 2) - its first 2 terms) / z^2 with z = s^2 on [0.0, 0.0294373003]; error of log2, relative: 2^-43.78.
inline constexpr double log2_tail_f32[] = {0x1.2776c4p-1, 0x1.a61946p-2, 0x1.47b4b4p-2, 0x1.202c94p-2};

// (2 atanh(s) / (s ln 2) - its first 3 terms) / z^3 with z = s^2 on [0.0, 0.0294373003]; error of log2, relative: 2^-72.85.
inline constexpr double log2_tail_f64[] = {0x1.a61762a7ae381p-2, 0x1.484b13d734107p-2, 0x1.0c9a85022c9e5p-2,
                                           0x1.c68f0454dd7ffp-3, 0x1.8a06103e40746p-3, 0x1.594066e88911bp-3,
                                           0x1.5feb7cb6c3af6p-3};

// (sin(r) - r) / r^3 in r^2 on [0.0, 0.616973651]; error of sin, relative: 2^-32.28.
inline constexpr double sin_tail_f32[] = {-0x1.555556p-3, 0x1.111166p-7, -0x1.a04a74p-13, 0x1.7864c4p-19};

// (sin(r) - r) / r^3 in r^2 on [0.0, 0.616973651]; error of sin, relative: 2^-62.88.
inline constexpr double sin_tail_f64[] = {-0x1.5555555555555p-3, 0x1.111111111108ap-7,   -0x1.a01a01a0069dfp-13,
                                          0x1.71de3a3fc951cp-19, -0x1.ae643cdc6e5dap-26, 0x1.611466214e216p-33,
                                          -0x1.a53e59f8f6f87p-41};

// (cos(r) - 1 + r^2 / 2) / r^4 in r^2 on [0.0, 0.616973651]; error of cos, relative: 2^-32.99.
inline constexpr double cos_tail_f32[] = {0x1.55554ap-5, -0x1.6c0c2ap-10, 0x1.99e91p-16};

// (cos(r) - 1 + r^2 / 2) / r^4 in r^2 on [0.0, 0.616973651]; error of cos, relative: 2^-63.93.
inline constexpr double cos_tail_f64[] = {0x1.555555555554bp-5,   -0x1.6c16c16c15019p-10, 0x1.a01a019c8fb1fp-16,
                                          -0x1.27e4f7f201022p-22, 0x1.1ee9dc1b61f53p-29,  -0x1.8fa6aaa347d22p-37};

// (asin(x) - x) / x^3 in x^2 on [0.0, 0.25]; error of asin, relative: 2^-31.67.
inline constexpr double asin_tail_f32[] = {0x1.55554cp-3, 0x1.33389ep-4, 0x1.6caab6p-5,
                                           0x1.04af32p-5, 0x1.d7929ap-7, 0x1.33d404p-5};

// (asin(x) - x) / x^3 in x^2 on [0.0, 0.25]; error of asin, relative: 2^-59.86.
inline constexpr double asin_tail_f64[] = {
    0x1.5555555555577p-3, 0x1.333333332e135p-4,  0x1.6db6db721226ap-5, 0x1.f1c71a950e13dp-6, 0x1.6e8bdedd25efcp-6,
    0x1.1c49f0950bd07p-6, 0x1.ca1f8834b63d5p-7,  0x1.7585b3f00c704p-7, 0x1.613ba30a140c9p-7, 0x1.e60317bba334fp-9,
    0x1.639862379ef54p-6, -0x1.57f7d102d0db6p-6, 0x1.0b44fd9e1b598p-5};

// erf(x) / x - 1 in x^2 on [0.0, 0.765625]; error of erf, relative: 2^-30.12.
inline constexpr double erf_small_f32[] = {0x1.06eba8p-3, -0x1.812744p-2,  0x1.ce2e76p-4, -0x1.b81962p-6,
                                           0x1.553c56p-8, -0x1.aea3b4p-11, 0x1.6c8874p-14};

// erf(x) / x - 1 in x^2 on [0.0, 0.765625]; error of erf, relative: 2^-56.33.
inline constexpr double erf_small_f64[] = {0x1.06eba8214db69p-3,  -0x1.812746b0379fep-2,  0x1.ce2f21a0436e8p-4,
                                           -0x1.b82ce312ae34ap-6, 0x1.565bcd1299a13p-8,   -0x1.c02db481cd877p-11,
                                           0x1.f9a32e04a38bap-14, -0x1.f4d2311ff8a8bp-17, 0x1.b9d92bf65ccdep-20,
                                           -0x1.5e7f5b42c45cp-23, 0x1.eaf9027193893p-27,  -0x1.f1165d80b0758p-31};

// -log(1 - erf(x)) / x - 1 on [0.875, 3.93]; error of erf, relative: 2^-31.68.
inline constexpr double erf_large_f32[] = {0x1.073a4p-3,  0x1.457e98p-1,  0x1.ae4d78p-4,   -0x1.6fdb8ep-6,
                                           0x1.6dea8cp-9, 0x1.09cb2ep-20, -0x1.d26054p-15, 0x1.830944p-18};

// -log(1 - erf(x)) / x - 1 on [0.875, 5.93]; error of erf, relative: 2^-60.32.
inline constexpr double erf_large_f64[] = {
    0x1.06ebac66d00a1p-3,  0x1.45f2f9fc34c91p-1,   0x1.a4f72a51b2b37p-4,   -0x1.3986d05001071p-6,
    -0x1.8ea4fa6a64d3p-13, 0x1.b3640d4c538c1p-10,  -0x1.1af18de53c02cp-11, -0x1.04a9b1dddd9cap-15,
    0x1.e65f277f3a69dp-14, -0x1.19917bb2b697fp-14, 0x1.a5efeb59af57cp-16,  -0x1.d8518d0926e83p-18,
    0x1.9a3997ad3a683p-20, -0x1.15a81c6d208d4p-22, 0x1.20a92a6c5bb52p-25,  -0x1.be263ce9828e3p-29,
    0x1.e3190b208a031p-33, -0x1.46f81ea5875f5p-37, 0x1.a01b8c70d10dp-43};

}  // namespace halogram::code
