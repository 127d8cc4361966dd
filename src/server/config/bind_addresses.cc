#include "server/config/bind_addresses.h"

namespace sluice::server {
namespace {

bool is_everything(const HostPort& address) {
    return address.host.empty() || address.host == "::";
}

bool contains(const HostPort& one, const HostPort& other) {
    if (one.port != other.port || one.port == 0) return false;
    const bool v6 = other.host.find(':') != std::string::npos;
    return is_everything(one) || one.host == other.host ||
           (one.host == "0.0.0.0" && !v6 && !other.host.empty());
}

Error invalid(std::string text) {
    return Error{ErrorKind::kInvalid, "http.bind-address: " + std::move(text)};
}

}  // namespace

Result<std::vector<HostPort>> parse_bind_addresses(const std::vector<std::string>& texts) {
    std::vector<HostPort> addresses;
    for (const std::string& text : texts) {
        const auto address = parse_host_port(text);
        if (!address) {
            return invalid('"' + text + "\" is not an address and a port, such as \":8086\"");
        }
        for (std::size_t i = 0; i < addresses.size(); ++i) {
            const bool outer = contains(addresses[i], *address);
            if (!outer && !contains(*address, addresses[i])) continue;
            const std::string& wide = outer ? texts[i] : text;
            const std::string& narrow = outer ? text : texts[i];
            return invalid('"' + wide + "\" is also \"" + narrow + "\"; name one of them");
        }
        addresses.push_back(*address);
    }
    if (addresses.empty()) return invalid("an address is needed, such as \":8086\"");
    return addresses;
}

}  // namespace sluice::server
