// What the simulated lives of a server must have met at least once, all seeds together: a run that
// never comes to a torn log or a full disk proves nothing about them.
//
// A state is known by what the server says of it in its log, or by what a client saw. The list
// is in rare_states.cc; a run of many seeds fails if one of it was never reached (unreached()).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::server {

// One for the process: the lives run one after the other.
class RareStates {
public:
    // A message of the log, or a name that the simulation gave to something that it saw.
    void note(std::string_view name);

    // Those on the list that were never noted.
    std::vector<std::string> unreached() const;
    // How often each was noted, for people.
    std::string report() const;

private:
    std::map<std::string, std::uint64_t, std::less<>> counts_;
};

}  // namespace sluice::server
