// What the commands of `sluice` say to the one who called them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::server {

void complain(std::string_view sentence);  // to standard error
void print_line(std::string_view line);    // to standard output

std::string_view file_name_of(std::string_view path);

// What a progress bar shows: "[####......] 40 %  name", with the last part of `what`. Of nothing
// all is done. More than all may be done where files grow meanwhile: the bar is full then.
std::string progress_text(const std::string& what, std::uint64_t done, std::uint64_t total);

// One line on a terminal that is written over; nothing elsewhere.
class ProgressBar {
public:
    ProgressBar();
    void show(const std::string& what, std::uint64_t done, std::uint64_t total);
    void clear();

private:
    const bool shown_;
};

}  // namespace sluice::server
