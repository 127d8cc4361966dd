// A JsonBody is the JSON object that a request of the 2.x API carries, read by simdjson.
//
// Pure. A member that is null counts as absent, as in Go. Names count with their case.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sluice/base/result.h"

namespace sluice::server {

class JsonBody {
public:
    // An object that is part of a body. The body outlives it.
    class Object {
    public:
        // Nothing where there is no such member; kInvalid where it is of another type.
        Result<std::optional<std::string>> text(std::string_view name) const;
        Result<std::optional<std::int64_t>> integer(std::string_view name) const;
        Result<std::optional<bool>> boolean(std::string_view name) const;
        // An object that is absent has no members.
        Result<Object> object(std::string_view name) const;
        // Calls `visit` for each object of an array, until it fails. False where there is none.
        Result<bool> for_each(std::string_view name,
                              const std::function<Result<void>(const Object&)>& visit) const;
        bool is_absent() const { return element_ == nullptr; }

    private:
        friend class JsonBody;
        struct Element;
        std::shared_ptr<const Element> element_;  // null: absent
    };

    // kInvalid: no JSON, or no object.
    static Result<JsonBody> parse(std::string_view text);
    const Object& root() const { return root_; }

private:
    struct Parser;
    std::shared_ptr<Parser> parser_;
    Object root_;
};

}  // namespace sluice::server
