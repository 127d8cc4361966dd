// A client of one bucket: its objects, by names below the prefix of the bucket's address.
//
// It works on the ring of its core, over one connection that is kept, so it holds no core and needs
// no thread. Each request is repeated where that may help (s3_verdict.h). What is repeated may have
// been done twice: putting the same bytes, removing, and asking are the same done twice, and who
// begins an upload looks for others that were begun (list_uploads()).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/config/bucket_address.h"
#include "server/outgoing/http_peer.h"
#include "server/s3/request_signature.h"
#include "server/s3/s3_verdict.h"
#include "server/s3/xml_element.h"
#include "sluice/base/metrics.h"
#include "sluice/base/result.h"
#include "sluice/io/reactor.h"
#include "sluice/io/task.h"

namespace sluice::server {

// What is told of an object without reading it.
struct ObjectFacts {
    std::uint64_t bytes = 0;
    std::optional<std::uint32_t> checksum;  // CRC-32C, if it was put with one
    bool operator==(const ObjectFacts&) const = default;
};

// Bytes to be sent, and sha256_hex() of them, which takes long enough to be done beside the cores.
struct S3Body {
    ByteSpan bytes;
    std::string hash;
};

// What is sent is not faster than this.
struct SendPace {
    std::uint64_t bytes_per_second = 0;  // 0: without limit
    std::function<io::Task<void>(std::uint64_t bytes)> rest;
};

// It belongs to one core. One call at a time; close() completes before destruction. Errors are
// sentences that name the request: kCancelled after give_up(), kInvalid where the store refuses,
// kNotFound where the bucket is not there, kIo where it cannot be reached or does not know either.
class S3Client {
public:
    // `trust` and `retries`, which counts requests that were sent once more, outlive it. `seed` is
    // for pauses.
    S3Client(io::Reactor& reactor, BucketAddress address, TlsTrust& trust, SendPace pace,
             Counter& retries, std::uint64_t seed);

    void set_credentials(S3Credentials credentials) { credentials_ = std::move(credentials); }

    // False: `only_if_absent`, and somebody has put it; or an earlier attempt of this call has,
    // whose answer was lost.
    io::Task<Result<bool>> put(std::string key, S3Body body, std::optional<std::uint32_t> checksum,
                               bool only_if_absent);
    // Nothing: it is not there.
    io::Task<Result<std::optional<ObjectFacts>>> find(std::string key);
    // Likewise. As much of it as lies between `begin` and `end`.
    io::Task<Result<std::optional<std::string>>> get(std::string key, std::uint64_t begin,
                                                     std::uint64_t end);
    // Done as well where it is not there.
    io::Task<Result<void>> remove(std::string key);
    // All that begin so.
    io::Task<Result<std::vector<std::string>>> list(std::string prefix);

    // Objects in parts. An upload takes space until it is completed or aborted.
    io::Task<Result<std::string>> begin_upload(std::string key, std::uint32_t checksum);
    // The tag by which the part is named at the end.
    io::Task<Result<std::string>> put_part(std::string key, std::string upload, std::size_t number,
                                           S3Body body);
    // False: there is no such upload, be it that an earlier attempt of this call has completed it.
    io::Task<Result<bool>> complete_upload(std::string key, std::string upload,
                                           std::vector<std::string> tags);
    io::Task<Result<void>> abort_upload(std::string key, std::string upload);
    // Those of one object.
    io::Task<Result<std::vector<std::string>>> list_uploads(std::string key);

    // Makes a call that is under way end soon, and later ones at once.
    void give_up() { peer_.give_up(); }
    io::Task<void> close() { return peer_.close(); }

private:
    using Pairs = std::vector<std::pair<std::string, std::string>>;
    struct Call {
        Call(std::string the_method, std::string the_key)
            : method(std::move(the_method)), key(std::move(the_key)) {}

        std::string method;
        std::string key;  // empty: it is about the bucket
        Pairs query;
        Pairs headers;
        S3Body body;
        bool wants_xml = false;
        std::size_t answer_bytes_max = 0;  // beyond what an error has
    };
    struct Answer {
        S3Outcome outcome = S3Outcome::kUnknown;
        XmlElement document;  // if one was wanted
    };

    static std::string describe(const Call& call);
    PeerRequest sign(const Call& call);
    std::int64_t patience_ns(const Call& call) const;
    // Never kUnknown, and kRefused is an error.
    io::Task<Result<Answer>> ask(const Call& call);
    // What is in answer() of the peer. Of an outcome that is no good: `reason` says why.
    S3Verdict understand(const Call& call, Answer& answer, std::string& reason) const;
    // All pages of a listing; `take` gets each document, and returns how the next page is asked
    // for.
    io::Task<Result<void>> ask_pages(Call call, std::function<Pairs(const XmlElement& page)> take);

    io::Reactor& reactor_;
    const BucketAddress address_;
    const std::string host_;  // with the bucket before it, if it stands there
    const SendPace pace_;
    S3Credentials credentials_;
    Random random_;
    Counter& retries_;
    HttpPeer peer_;
};

}  // namespace sluice::server
