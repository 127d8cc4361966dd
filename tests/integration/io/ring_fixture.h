// A reactor on the real ring, and a temporary directory.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "sluice/io/reactor.h"
#include "sluice/io/uring_backend.h"

namespace sluice::io {

class RingFixture : public testing::Test {
protected:
    void SetUp() override {
        auto made = make_uring_backend(options());
        if (!made.ok() && made.error().kind == ErrorKind::kUnsupported) {
            GTEST_SKIP() << made.error().message;
        }
        ASSERT_TRUE(made.ok()) << made.error().message;
        backend_ = std::move(*made);
        reactor_ = std::make_unique<Reactor>(*backend_);
        const char* place = std::getenv("TMPDIR");
        std::string name = std::string(place == nullptr ? "/tmp" : place) + "/sluice-io-XXXXXX";
        ASSERT_NE(mkdtemp(name.data()), nullptr);
        directory_ = name;
    }
    void TearDown() override {
        reactor_.reset();
        backend_.reset();
        if (!directory_.empty()) std::filesystem::remove_all(directory_);
    }

    virtual UringOptions options() { return {}; }
    Reactor& reactor() { return *reactor_; }
    const std::string& directory() const { return directory_; }
    std::string path(const std::string& name) const { return directory_ + "/" + name; }
    template <class T>
    T run(Task<T> task) {
        return reactor_->run_until_done(std::move(task));
    }

private:
    std::unique_ptr<Backend> backend_;
    std::unique_ptr<Reactor> reactor_;
    std::string directory_;
};

}  // namespace sluice::io
