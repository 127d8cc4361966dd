// An open file of the tool, which has no reactor where it uses one, and nobody else to serve.
#pragma once

#include <unistd.h>

#include <utility>

namespace sluice::server {

class Descriptor {
public:
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor& operator=(Descriptor&&) = delete;
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }

    int get() const { return fd_; }

private:
    int fd_;
};

}  // namespace sluice::server
