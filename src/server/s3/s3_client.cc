#include "server/s3/s3_client.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "server/s3/object_place.h"
#include "sluice/base/units.h"

namespace sluice::server {
namespace {

// For a request and its answer, beside what its bytes take at a pace that no path should be below.
constexpr std::int64_t kPatienceNs = 30 * kSecondNs;
constexpr std::uint64_t kSlowestBytesPerSecond = 128 * kKiB;
// Of errors, and of answers about one object.
constexpr std::size_t kAnswerBytesMax = 64 * kKiB;
// A page of a listing, which is read in one turn of a core, has so many entries of a kilobyte or
// two.
constexpr std::string_view kPageEntries = "100";
constexpr std::size_t kPageBytesMax = 256 * kKiB;
// Of the objects of one shard group and day there is a handful.
constexpr std::size_t kPagesMax = 1000;
// Of what a store says, in a sentence.
constexpr std::size_t kReasonBytesMax = 200;
constexpr std::string_view kChecksumHeader = "x-amz-meta-sluice-crc32c";

std::string checksum_text(std::uint32_t checksum) {
    char digits[9];
    std::snprintf(digits, sizeof digits, "%08x", checksum);
    return digits;
}

template <typename T>
std::optional<T> number_in(std::string_view text, int base) {
    T number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number, base);
    if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size()) return {};
    return number;
}

std::int64_t time_for(std::uint64_t bytes, std::uint64_t bytes_per_second) {
    return static_cast<std::int64_t>(static_cast<double>(bytes) /
                                     static_cast<double>(bytes_per_second) *
                                     static_cast<double>(kSecondNs));
}

}  // namespace

S3Client::S3Client(io::Reactor& reactor, BucketAddress address, TlsTrust& trust, SendPace pace,
                   Counter& retries, std::uint64_t seed)
    : reactor_(reactor),
      address_(std::move(address)),
      host_(host_of(address_)),
      pace_(std::move(pace)),
      random_(seed),
      retries_(retries),
      peer_(reactor, {host_, address_.port, address_.is_secure}, trust) {}

std::string S3Client::describe(const Call& call) {
    return call.method + " of " + (call.key.empty() ? "the bucket" : call.key);
}

PeerRequest S3Client::sign(const Call& call) {
    SignableRequest request;
    request.method = call.method;
    request.path = path_of(address_, call.key);
    request.query = call.query;
    request.headers = call.headers;
    request.headers.emplace_back("host", address_.has_own_port
                                             ? PeerAddress{host_, address_.port, false}.authority()
                                             : host_);
    request.payload_hash = call.body.hash.empty() ? sha256_hex({}) : call.body.hash;
    sign_request(request, credentials_, reactor_.wall_ns(), {address_.region, "s3"});
    PeerRequest out;
    out.head = call.method + ' ' + request_target(request) + " HTTP/1.1\r\n";
    for (const auto& [name, value] : request.headers) out.head += name + ": " + value + "\r\n";
    if (call.method == "PUT" || call.method == "POST") {
        out.head += "content-length: " + std::to_string(call.body.bytes.size()) + "\r\n";
    }
    out.head += "\r\n";
    out.body = call.body.bytes;
    out.expected.has_body = call.method != "HEAD";
    out.expected.body_bytes_kept = std::max(call.answer_bytes_max, kAnswerBytesMax);
    out.rest = pace_.rest;
    return out;
}

std::int64_t S3Client::patience_ns(const Call& call) const {
    const std::uint64_t sent = call.body.bytes.size();
    std::int64_t patience =
        kPatienceNs + time_for(sent + call.answer_bytes_max, kSlowestBytesPerSecond);
    if (pace_.bytes_per_second != 0) patience += time_for(sent, pace_.bytes_per_second);
    return patience;
}

S3Verdict S3Client::understand(const Call& call, Answer& answer, std::string& reason) const {
    const http::ResponseParser& got = peer_.answer();
    const std::string status = "the store answered " + std::to_string(got.status());
    const bool is_good = got.status() >= 200 && got.status() < 300;
    if (got.body_bytes() > got.body_start().size()) {
        reason = status + " with more than it should";
        return is_good ? S3Verdict() : judge_answer(got.status(), {});
    }
    Result<XmlElement> document = Error{};
    if (call.wants_xml || !is_good) document = parse_xml(got.body_start());
    if (is_good && call.wants_xml && !document.ok()) {
        reason = status + " with " + document.error().message;
        return {};
    }
    std::string code;
    std::string message;
    if (document.ok() && document->name == "Error") {
        code = document->text_of("Code");
        message = document->text_of("Message");
        if (code.empty()) code = "Error";
    }
    reason = status;
    if (!code.empty()) reason += ' ' + code + ": " + message;
    reason.resize(std::min(reason.size(), kReasonBytesMax));
    if (document.ok()) answer.document = std::move(*document);
    return judge_answer(got.status(), code);
}

io::Task<Result<S3Client::Answer>> S3Client::ask(const Call& call) {
    std::string reason;
    for (std::uint32_t attempt = 0; attempt < kS3AttemptsMax; ++attempt) {
        if (attempt > 0) {
            retries_.add();
            const bool slept = co_await reactor_.sleep_ns(s3_pause_ns(attempt, random_));
            if (!slept || peer_.has_given_up()) {
                co_return Error{ErrorKind::kCancelled, describe(call) + ": it was given up"};
            }
        }
        const PeerRequest request = sign(call);
        const std::int64_t deadline_ns = reactor_.precise_ns() + patience_ns(call);
        const Result<void> exchanged = co_await peer_.exchange(request, deadline_ns);
        if (!exchanged.ok()) {
            reason = exchanged.error().message;
            if (peer_.has_given_up()) {
                co_return Error{ErrorKind::kCancelled, describe(call) + ": " + reason};
            }
            continue;
        }
        Answer answer;
        const S3Verdict verdict = understand(call, answer, reason);
        answer.outcome = verdict.outcome;
        if (verdict.may_help_to_repeat) continue;
        if (verdict.outcome == S3Outcome::kRefused) {
            const bool has_bucket = answer.document.text_of("Code") != "NoSuchBucket";
            co_return Error{has_bucket ? ErrorKind::kInvalid : ErrorKind::kNotFound,
                            describe(call) + ": " + reason};
        }
        co_return answer;
    }
    co_return Error{ErrorKind::kIo, describe(call) + ", tried " + std::to_string(kS3AttemptsMax) +
                                        " times: " + reason};
}

namespace {

Error unexpected(const std::string& what, const std::string& key) {
    return {ErrorKind::kIo, "the store answered without " + what + " about " + key};
}

}  // namespace

io::Task<Result<bool>> S3Client::put(std::string key, S3Body body,
                                     std::optional<std::uint32_t> checksum, bool only_if_absent) {
    Call call("PUT", std::move(key));
    call.body = std::move(body);
    if (checksum) call.headers.emplace_back(kChecksumHeader, checksum_text(*checksum));
    if (only_if_absent) call.headers.emplace_back("if-none-match", "*");
    SLUICE_CO_TRY(const Answer answer, co_await ask(call));
    if (answer.outcome == S3Outcome::kNotThere) {
        co_return unexpected("a place to put it", call.key);
    }
    co_return answer.outcome == S3Outcome::kDone;
}

io::Task<Result<std::optional<ObjectFacts>>> S3Client::find(std::string key) {
    const Call call("HEAD", std::move(key));
    SLUICE_CO_TRY(const Answer answer, co_await ask(call));
    if (answer.outcome == S3Outcome::kNotThere) co_return std::optional<ObjectFacts>();
    const http::ResponseParser& got = peer_.answer();
    const auto bytes = number_in<std::uint64_t>(got.header("content-length"), 10);
    if (!bytes) co_return unexpected("a length", call.key);
    co_return ObjectFacts{*bytes, number_in<std::uint32_t>(got.header(kChecksumHeader), 16)};
}

io::Task<Result<std::optional<std::string>>> S3Client::get(std::string key, std::uint64_t begin,
                                                           std::uint64_t end) {
    Call call("GET", std::move(key));
    call.headers.emplace_back("range",
                              "bytes=" + std::to_string(begin) + '-' + std::to_string(end - 1));
    call.answer_bytes_max = end - begin;
    SLUICE_CO_TRY(const Answer answer, co_await ask(call));
    if (answer.outcome == S3Outcome::kNotThere) co_return std::optional<std::string>();
    // A store that does not know ranges sends the whole, which has the bytes only at its beginning.
    if (begin != 0 && peer_.answer().status() != 206) co_return unexpected("a range", call.key);
    co_return std::optional<std::string>(peer_.answer().body_start().substr(0, end - begin));
}

io::Task<Result<void>> S3Client::remove(std::string key) {
    const Call call("DELETE", std::move(key));
    SLUICE_CO_TRY_VOID(co_await ask(call));
    co_return Result<void>();
}

io::Task<Result<void>> S3Client::ask_pages(Call call,
                                           std::function<Pairs(const XmlElement& page)> take) {
    call.wants_xml = true;
    call.answer_bytes_max = kPageBytesMax;
    const Pairs first = call.query;
    for (std::size_t page = 0; page < kPagesMax; ++page) {
        SLUICE_CO_TRY(const Answer answer, co_await ask(call));
        if (answer.outcome != S3Outcome::kDone) co_return unexpected("a list", "the bucket");
        const Pairs next = take(answer.document);
        if (answer.document.text_of("IsTruncated") != "true") co_return Result<void>();
        call.query = first;
        call.query.insert(call.query.end(), next.begin(), next.end());
        const bool goes_on = std::none_of(next.begin(), next.end(),
                                          [](const auto& pair) { return pair.second.empty(); });
        if (!goes_on) co_return unexpected("the place of its next page", "the bucket");
    }
    co_return unexpected("an end to its list", "the bucket");
}

io::Task<Result<std::vector<std::string>>> S3Client::list(std::string prefix) {
    const std::size_t own = full_key(address_, "").size();
    const std::string wanted = full_key(address_, prefix);
    std::vector<std::string> keys;
    Call call("GET", "");
    call.query = {{"list-type", "2"}, {"prefix", wanted}, {"max-keys", std::string(kPageEntries)}};
    const auto take = [&](const XmlElement& page) {
        for (const XmlElement& each : page.children) {
            if (each.name != "Contents") continue;
            const std::string_view key = each.text_of("Key");
            if (key.starts_with(wanted)) keys.emplace_back(key.substr(own));
        }
        return Pairs{{"continuation-token", std::string(page.text_of("NextContinuationToken"))}};
    };
    SLUICE_CO_TRY_VOID(co_await ask_pages(std::move(call), take));
    co_return keys;
}

io::Task<Result<std::string>> S3Client::begin_upload(std::string key, std::uint32_t checksum) {
    Call call("POST", std::move(key));
    call.query = {{"uploads", ""}};
    call.headers.emplace_back(kChecksumHeader, checksum_text(checksum));
    call.wants_xml = true;
    SLUICE_CO_TRY(const Answer answer, co_await ask(call));
    const std::string id(answer.document.text_of("UploadId"));
    if (answer.outcome != S3Outcome::kDone || id.empty()) {
        co_return unexpected("the id of an upload", call.key);
    }
    co_return id;
}

io::Task<Result<std::string>> S3Client::put_part(std::string key, std::string upload,
                                                 std::size_t number, S3Body body) {
    Call call("PUT", std::move(key));
    call.body = std::move(body);
    call.query = {{"partNumber", std::to_string(number)}, {"uploadId", std::move(upload)}};
    SLUICE_CO_TRY(const Answer answer, co_await ask(call));
    const std::string tag(peer_.answer().header("etag"));
    if (answer.outcome != S3Outcome::kDone || tag.empty()) {
        co_return unexpected("the tag of a part", call.key);
    }
    co_return tag;
}

io::Task<Result<bool>> S3Client::complete_upload(std::string key, std::string upload,
                                                 std::vector<std::string> tags) {
    std::string document = "<CompleteMultipartUpload>";
    for (std::size_t i = 0; i < tags.size(); ++i) {
        document += "<Part><PartNumber>" + std::to_string(i + 1) + "</PartNumber><ETag>" +
                    xml_text(tags[i]) + "</ETag></Part>";
    }
    document += "</CompleteMultipartUpload>";
    const ByteSpan bytes = as_byte_span(std::string_view(document));
    Call call("POST", std::move(key));
    call.body = {bytes, sha256_hex(bytes)};
    call.query = {{"uploadId", std::move(upload)}};
    call.wants_xml = true;
    SLUICE_CO_TRY(const Answer answer, co_await ask(call));
    co_return answer.outcome == S3Outcome::kDone;
}

io::Task<Result<void>> S3Client::abort_upload(std::string key, std::string upload) {
    Call call("DELETE", std::move(key));
    call.query = {{"uploadId", std::move(upload)}};
    SLUICE_CO_TRY_VOID(co_await ask(call));
    co_return Result<void>();
}

io::Task<Result<std::vector<std::string>>> S3Client::list_uploads(std::string key) {
    const std::string wanted = full_key(address_, key);
    std::vector<std::string> ids;
    Call call("GET", "");
    call.query = {{"uploads", ""}, {"prefix", wanted}, {"max-uploads", std::string(kPageEntries)}};
    const auto take = [&](const XmlElement& page) {
        for (const XmlElement& each : page.children) {
            if (each.name != "Upload" || each.text_of("Key") != wanted) continue;
            ids.emplace_back(each.text_of("UploadId"));
        }
        return Pairs{{"key-marker", std::string(page.text_of("NextKeyMarker"))},
                     {"upload-id-marker", std::string(page.text_of("NextUploadIdMarker"))}};
    };
    SLUICE_CO_TRY_VOID(co_await ask_pages(std::move(call), take));
    co_return ids;
}

}  // namespace sluice::server
