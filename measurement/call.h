// The arguments of one call of a generated function, collected one by one, and the call itself through libffi: signatures
// follow from the kernel.
#pragma once

#include <ffi.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "runtime/hg.h"

namespace halogram {

class Call {
public:
    Call& integer(std::int64_t v) { return add(&ffi_type_sint64, v); }
    Call& integer32(std::int32_t v) { return add(&ffi_type_sint32, v); }
    Call& real(float v) { return add(&ffi_type_float, v); }
    Call& real(double v) { return add(&ffi_type_double, v); }
    Call& pointer(const void* v) { return add(&ffi_type_pointer, v); }
    // A pointer that is read anew by each run.
    template <typename T>
    Call& reference(const T*& v) {
        pointer(v);
        references_.emplace_back(values_.size() - 1, &v);
        return *this;
    }

    hg_status run(void* function) {
        if (prepared_ != values_.data() || addresses_.size() != values_.size()) prepare();
        ffi_arg result = 0;
        ffi_call(&interface_, FFI_FN(function), &result, addresses_.data());
        return static_cast<hg_status>(static_cast<int>(result));
    }

private:
    union Value {
        std::int64_t i64;
        std::int32_t i32;
        float f32;
        double f64;
        const void* pointer;
    };
    std::vector<ffi_type*> types_;
    std::vector<Value> values_;
    std::vector<std::pair<std::size_t, void*>> references_;
    std::vector<void*> addresses_;
    const Value* prepared_ = nullptr;  // the values that addresses_ are of: a copy has its own
    ffi_cif interface_{};

    // Once, however often the call is run: 0.1 us a call remain.
    void prepare() {
        addresses_.clear();
        prepared_ = values_.data();
        for (Value& v : values_) addresses_.push_back(&v);
        for (const auto& [at, variable] : references_) addresses_[at] = variable;
        ffi_prep_cif(&interface_, FFI_DEFAULT_ABI, static_cast<unsigned>(types_.size()), &ffi_type_sint, types_.data());
    }

    template <typename T>
    Call& add(ffi_type* type, T v) {
        Value value{};
        static_assert(sizeof(T) <= sizeof(Value));
        __builtin_memcpy(&value, &v, sizeof(T));
        types_.push_back(type);
        values_.push_back(value);
        return *this;
    }
};

}  // namespace halogram
