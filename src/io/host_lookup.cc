#include "sluice/io/host_lookup.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>

#include "sluice/io/aside.h"
#include "sluice/io/reactor.h"

namespace sluice::io {
namespace {

using Addresses = std::vector<std::string>;

// A numeric address needs no resolver, and must not depend on one that is broken.
bool is_numeric(const std::string& host) {
    in6_addr bytes;
    return inet_pton(AF_INET, host.c_str(), &bytes) == 1 ||
           inet_pton(AF_INET6, host.c_str(), &bytes) == 1;
}

std::string text_of(const sockaddr& address) {
    char text[INET6_ADDRSTRLEN] = {};
    const void* bytes =
        address.sa_family == AF_INET
            ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in&>(address).sin_addr)
            : &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
    inet_ntop(address.sa_family, bytes, text, sizeof text);
    return text;
}

Result<Addresses> ask_resolver(const std::string& host) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int failure = getaddrinfo(host.c_str(), nullptr, &hints, &found);
    if (failure != 0) {
        return Error{ErrorKind::kNotFound, "look up " + host + ": " + gai_strerror(failure)};
    }
    // In the order of the resolver (RFC 6724), each once: it gives an address again for each kind
    // of socket.
    Addresses addresses;
    for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
        if (each->ai_family != AF_INET && each->ai_family != AF_INET6) continue;
        std::string text = text_of(*each->ai_addr);
        if (std::find(addresses.begin(), addresses.end(), text) == addresses.end()) {
            addresses.push_back(std::move(text));
        }
    }
    freeaddrinfo(found);
    if (addresses.empty()) {
        return Error{ErrorKind::kNotFound, "look up " + host + ": it has no address"};
    }
    return addresses;
}

}  // namespace

Task<Result<Addresses>> look_up_host(std::string host) {
    if (host.empty()) co_return Addresses{"127.0.0.1"};
    if (is_numeric(host)) co_return Addresses{std::move(host)};
    const auto ask = [&host] { return ask_resolver(host); };
    co_return co_await run_aside(ask);
}

}  // namespace sluice::io
