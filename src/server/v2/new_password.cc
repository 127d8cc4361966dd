#include "server/v2/new_password.h"

#include "sluice/io/aside.h"
#include "sluice/meta/password.h"

namespace sluice::server {

io::Task<std::optional<std::string>> hash_new_password(PlatformCall& call, std::string password) {
    // bcrypt looks at no more.
    constexpr std::size_t kBytesMin = 8;
    constexpr std::size_t kBytesMax = 72;
    std::optional<std::string> nothing;
    if (password.size() < kBytesMin || password.size() > kBytesMax) {
        call.refuse(400, "passwords must be between 8 and 72 characters long");
        co_return nothing;
    }
    io::Task<Result<std::string>> hashing =
        io::run_aside([&password] { return meta::hash_password(password); });
    Result<std::string> hash = co_await hashing;
    call.renew();
    if (!hash.ok()) {
        call.answer(hash.error());
        co_return nothing;
    }
    co_return std::move(hash).value();
}

}  // namespace sluice::server
