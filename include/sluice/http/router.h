// Which handler a method and a path belong to.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "sluice/http/request.h"

namespace sluice::http {

constexpr std::uint8_t method_bit(Method method) {
    return static_cast<std::uint8_t>(1u << static_cast<unsigned>(method));
}

// A set of methods and how the Allow header names it.
struct MethodSet {
    std::uint8_t bits = 0;
    std::string_view allow;
};

// OPTIONS is for browsers, which ask so before they call another origin.
inline constexpr MethodSet kGetHeadOptions{
    std::uint8_t(method_bit(Method::kGet) | method_bit(Method::kHead) |
                 method_bit(Method::kOptions)),
    "GET, HEAD, OPTIONS"};
inline constexpr MethodSet kGetPostOptions{
    std::uint8_t(method_bit(Method::kGet) | method_bit(Method::kPost) |
                 method_bit(Method::kOptions)),
    "GET, OPTIONS, POST"};
inline constexpr MethodSet kPostOptions{
    std::uint8_t(method_bit(Method::kPost) | method_bit(Method::kOptions)), "OPTIONS, POST"};

struct Route {
    std::string_view path;
    MethodSet methods;
    std::uint8_t handler;  // the user's own numbering
};

struct RouteMatch {
    enum class Kind : std::uint8_t { kFound, kNotFound, kMethodNotAllowed };
    Kind kind = Kind::kNotFound;
    const Route* route = nullptr;  // set unless kNotFound
};

// `routes` are searched in order; put the busy ones first. Paths match exactly.
RouteMatch find_route(std::span<const Route> routes, Method method, std::string_view path);

}  // namespace sluice::http
