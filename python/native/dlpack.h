// The parts of DLPack 1.x (github.com/dmlc/dlpack) that array libraries hand to C code: the description of an array in
// memory, and the table of functions behind a type's `__dlpack_c_exchange_api__`, which reads a tensor in 0.1 us where
// `__dlpack__()` takes 3.
#pragma once

#include <cstdint>

namespace halogram::dlpack {

enum DeviceType : std::int32_t { cpu = 1 };
enum TypeCode : std::uint8_t {
    integer = 0,
    unsigned_integer = 1,
    floating = 2,
    brain_floating = 4,
    complex = 5,
    boolean = 6
};

struct Device {
    std::int32_t type, id;
};
struct DataType {
    std::uint8_t code, bits;
    std::uint16_t lanes;
};
struct Tensor {
    void* data;
    Device device;
    std::int32_t dimensions;
    DataType type;
    std::int64_t* shape;
    std::int64_t* strides;  // in elements; may be null: contiguous
    std::uint64_t byte_offset;
};

struct Version {
    std::uint32_t major, minor;
};
struct ExchangeHeader {
    Version version;
    ExchangeHeader* previous;
};
struct ExchangeApi {
    ExchangeHeader header;
    void* allocate;
    void* managed_from_object;
    void* managed_to_object;
    int (*tensor_from_object)(void* object, Tensor* out);  // may be null; -1 with a Python exception
    void* current_stream;
};
inline constexpr const char* exchange_capsule = "dlpack_exchange_api";
inline constexpr std::uint32_t known_major = 1;

}  // namespace halogram::dlpack
