#include "sluice/http/router.h"

namespace sluice::http {

RouteMatch find_route(std::span<const Route> routes, Method method, std::string_view path) {
    for (const Route& route : routes) {
        if (route.path != path) continue;
        const bool allowed = (route.methods.bits & method_bit(method)) != 0;
        return {allowed ? RouteMatch::Kind::kFound : RouteMatch::Kind::kMethodNotAllowed, &route};
    }
    return {};
}

}  // namespace sluice::http
