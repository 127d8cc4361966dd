// Errors as values. A Result<T> holds a T or an Error; it cannot be ignored.
//
// The shape follows std::expected (P0323), which GCC 12 lacks in C++20. Errors here are those of
// the client and of the world (src/STYLE.md, "Errors"); a broken invariant is a SLUICE_CHECK.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "sluice/base/check.h"

namespace sluice {

enum class ErrorKind : unsigned char {
    kInvalid,      // the client's bytes or arguments are wrong
    kNotFound,     // a named thing does not exist
    kConflict,     // a named thing exists with other properties
    kTooLarge,     // a documented bound would be passed
    kUnsupported,  // understood, but not offered
    kBusy,         // a bounded resource is full; the same call may succeed later
    kCancelled,    // stopped before completion by a shutdown, a timeout or the client leaving
    kNoSpace,      // ENOSPC, EDQUOT
    kIo,           // any other failed system call
    kCorrupt,      // bytes on disk that fail their checksum or contradict themselves
};

// What an error is about, where the caller's way depends on it. A message is for people: nobody
// decides by its words.
enum class ErrorCode : unsigned char {
    kNone,  // the kind says enough
    kDatabaseNotFound,
    kRetentionPolicyNotFound,
};

struct Error {
    ErrorKind kind = ErrorKind::kIo;
    // One sentence for a human: what was being done, to what, and what went wrong.
    std::string message;
    // The errno behind kIo and kNoSpace, else 0.
    int os_error = 0;
    ErrorCode code = ErrorCode::kNone;
};

// "<doing>: <strerror>", with the kind derived from `os_error`.
Error os_failure(int os_error, std::string doing);

template <typename T>
class [[nodiscard]] Result {
public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit

    bool ok() const { return state_.index() == 0; }
    explicit operator bool() const { return ok(); }

    T& value() & {
        SLUICE_CHECK(ok());
        return *std::get_if<0>(&state_);
    }
    const T& value() const& {
        SLUICE_CHECK(ok());
        return *std::get_if<0>(&state_);
    }
    T&& value() && {
        SLUICE_CHECK(ok());
        return std::move(*std::get_if<0>(&state_));
    }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T&& operator*() && { return std::move(*this).value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

    const Error& error() const& {
        SLUICE_CHECK(!ok());
        return *std::get_if<1>(&state_);
    }
    Error&& error() && {
        SLUICE_CHECK(!ok());
        return std::move(*std::get_if<1>(&state_));
    }

private:
    std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
public:
    Result() = default;
    Result(Error error) : error_(std::move(error)) {}  // NOLINT: implicit

    bool ok() const { return !error_.has_value(); }
    explicit operator bool() const { return ok(); }
    void value() const { SLUICE_CHECK(ok()); }

    const Error& error() const& {
        SLUICE_CHECK(!ok());
        return *error_;
    }
    Error&& error() && {
        SLUICE_CHECK(!ok());
        return std::move(*error_);
    }

private:
    std::optional<Error> error_;
};

}  // namespace sluice

// SLUICE_TRY(auto x, f()): declares x from the value, or returns the error from this function.
// SLUICE_TRY_VOID(f()): the same where there is no value. The CO_ forms are for coroutines.
// They expand to statements (GCC 12 cannot co_await inside a statement expression).
#define SLUICE_TRY(declaration, expression) \
    SLUICE_TRY_IMPL_(SLUICE_TRY_NAME_(__COUNTER__), declaration, expression, return )
#define SLUICE_CO_TRY(declaration, expression) \
    SLUICE_TRY_IMPL_(SLUICE_TRY_NAME_(__COUNTER__), declaration, expression, co_return )
#define SLUICE_TRY_VOID(expression) \
    SLUICE_TRY_VOID_IMPL_(SLUICE_TRY_NAME_(__COUNTER__), expression, return )
#define SLUICE_CO_TRY_VOID(expression) \
    SLUICE_TRY_VOID_IMPL_(SLUICE_TRY_NAME_(__COUNTER__), expression, co_return )

#define SLUICE_TRY_NAME_(counter) SLUICE_TRY_CONCAT_(sluice_try_, counter)
#define SLUICE_TRY_CONCAT_(a, b) SLUICE_TRY_CONCAT2_(a, b)
#define SLUICE_TRY_CONCAT2_(a, b) a##b
#define SLUICE_TRY_IMPL_(result, declaration, expression, leave) \
    auto result = expression;                                    \
    if (!result.ok()) [[unlikely]]                               \
        leave std::move(result).error();                         \
    declaration = std::move(result).value()
#define SLUICE_TRY_VOID_IMPL_(result, expression, leave) \
    auto result = expression;                            \
    if (!result.ok()) [[unlikely]]                       \
    leave std::move(result).error()
