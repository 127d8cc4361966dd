// ClientShares are the clients of one core, by the block of addresses that they come from: what
// each holds of the server's connections and of the memory of bodies, so that one of them cannot
// take all.
//
// A share is a reserve for others, so it binds only where there are any: while connections of
// several clients are there, or have been asked for within the last minutes. A proxy that stands
// before all clients is one client, alone, and has everything.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "sluice/base/units.h"
#include "sluice/engine/admission.h"

namespace sluice::server {

// Belongs to one core, and outlives the places it gives.
class ClientShares {
public:
    // For as long a client that has no connection any more counts as one of several.
    static constexpr std::int64_t kRememberNs = 10 * kMinuteNs;

    struct Client {
        std::uint64_t connections = 0;
        engine::ClientBodies bodies;
        std::int64_t searched_ns = 0;  // when none of its connections was found idle
    };

    // One connection of a client, until it is destroyed.
    class Place {
    public:
        Place() = default;
        Place(Place&& other) noexcept
            : shares_(std::exchange(other.shares_, nullptr)),
              entry_(std::exchange(other.entry_, nullptr)) {}
        Place& operator=(Place&&) = delete;
        ~Place() {
            if (shares_ != nullptr) shares_->leave(*entry_);
        }

        // Null where nothing is shared out.
        Client* client() const { return entry_ == nullptr ? nullptr : &entry_->second; }

    private:
        friend class ClientShares;
        using Entry = std::pair<const std::string, Client>;
        Place(ClientShares& shares, Entry& entry) : shares_(&shares), entry_(&entry) {}

        ClientShares* shares_ = nullptr;
        Entry* entry_ = nullptr;
    };

    // `percent` of what there is, for one client; 0 or 100: all. `body_bytes_max`: what bodies may
    // hold together on this core.
    ClientShares(std::uint64_t percent, std::uint64_t body_bytes_max)
        : percent_(percent == 0 ? 100 : percent), body_bytes_max_(body_bytes_max) {}
    ClientShares(const ClientShares&) = delete;
    ClientShares& operator=(const ClientShares&) = delete;

    bool limits() const { return percent_ < 100; }
    // Notes that a client asks for a connection; `address` is as a socket tells it. Returns its
    // block, which is empty where nothing is shared out.
    std::string meet(std::string_view address, std::int64_t now_ns);
    // Whether the shares bind at present.
    bool binds() const { return binds_; }

    // The part of `all` that one client may have; at least one.
    std::uint64_t part_of(std::uint64_t all) const {
        const std::uint64_t part = all / 100 * percent_ + all % 100 * percent_ / 100;
        return part == 0 ? 1 : part;
    }
    // Whether a client has its share of the connections of this core, or more. `fair` is what the
    // core would have of them if they were dealt out evenly: where it has few, a few of one client
    // are not too many.
    bool is_full(const Client& client, std::uint64_t fair) const {
        return client.connections >= part_of(std::max(connections_, fair));
    }
    // Null: it has no connection here.
    Client* find(std::string_view block);
    // Whoever has more than its share; null: nobody.
    Client* greedy(std::uint64_t fair);

    Place join(std::string block);

private:
    void leave(Place::Entry& entry);
    void set_binds(bool binds);

    const std::uint64_t percent_;
    const std::uint64_t body_bytes_max_;
    std::map<std::string, Client, std::less<>> clients_;  // by block of addresses
    std::uint64_t connections_ = 0;                       // of all of them
    std::string latest_;                                  // who came last
    std::int64_t several_ns_ = 0;                         // when there was more than one last
    bool binds_ = false;
};

}  // namespace sluice::server
