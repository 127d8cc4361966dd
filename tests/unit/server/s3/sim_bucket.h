// A bucket of S3 on the simulated network: it keeps what it is given, checks what a store checks,
// and fails as it is told.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "server/s3/request_signature.h"
#include "server/s3/xml_element.h"
#include "sluice/base/bytes.h"
#include "sluice/base/random.h"
#include "sluice/http/url.h"
#include "sluice/io/gate.h"
#include "sluice/io/reactor.h"
#include "sluice/io/socket.h"

namespace sluice::server::test {

// What outlives a server of it, and the machine that asks.
struct BucketContents {
    struct Object {
        std::string bytes;
        std::string checksum;  // of the header x-amz-meta-sluice-crc32c
    };
    struct Upload {
        std::string key;
        std::string checksum;
        std::map<std::size_t, std::string> parts;
    };
    std::map<std::string, Object> objects;
    std::map<std::string, Upload> uploads;
    std::uint64_t uploads_begun = 0;
};

// stop() completes before destruction.
class SimBucket {
public:
    // How a request ends instead of being answered as it should.
    enum class Fault : std::uint8_t {
        kNone,
        kSlowDown,  // 503, and nothing is done
        kInternal,  // 500, and it is done
        kLost,      // it is done, and the connection closed without an answer
        kClosed,    // nothing is done, likewise
        kSilent,    // nothing is done, and nothing is said
        kWrongXml,  // it is done, and the body of the answer is cut
    };

    SimBucket(io::Reactor& reactor, BucketContents& contents, std::uint16_t port = 8333)
        : contents_(contents), listener_(listen(reactor, port)) {
        gate_.spawn(serve());
    }
    io::Task<void> stop() {
        stopping_ = true;
        listener_.stop();
        for (io::Socket* each : open_) each->shutdown();
        co_await gate_.close();
        co_await listener_.close();
    }

    std::deque<Fault> faults;  // of the next requests, one each
    double fault_chance = 0;   // of those behind them
    Random random{1};
    std::size_t page_size = 1000;  // of listings
    bool knows_conditions = true;
    bool has_bucket = true;

    std::vector<std::string> requests;  // "PUT /bucket/key?query", in the order in which they came
    std::size_t connections = 0;

private:
    struct Request {
        std::string method;
        std::string path;  // decoded, behind the bucket
        std::map<std::string, std::string> query;
        std::map<std::string, std::string> headers;
        std::string body;
    };
    struct Answer {
        int status = 200;
        std::string headers;
        std::string body;
    };

    static io::Listener listen(io::Reactor& reactor, std::uint16_t port) {
        auto made = io::Listener::listen(reactor, "127.0.0.1", port);
        SLUICE_CHECK(made.ok());
        return std::move(*made);
    }
    io::Task<void> serve() {
        while (!stopping_) {
            auto accepted = co_await listener_.accept();
            if (!accepted.ok()) break;
            ++connections;
            gate_.spawn(serve_connection(std::move(*accepted)));
        }
    }
    io::Task<void> serve_connection(io::Socket socket) {
        open_.push_back(&socket);
        std::string input;
        while (!stopping_) {
            auto received = co_await socket.receive();
            if (!received.ok() || received->empty()) break;
            input += as_text(*received);
            socket.release();
            Request request;
            if (!take_request(input, request)) continue;
            const Fault fault = next_fault();
            if (fault == Fault::kSilent) continue;
            if (fault == Fault::kClosed) break;
            Answer answer{503, "", error("SlowDown")};
            if (fault != Fault::kSlowDown) answer = carry_out(request);
            if (fault == Fault::kLost) break;
            if (fault == Fault::kInternal) answer = {500, "", error("InternalError")};
            if (fault == Fault::kWrongXml) answer.body.resize(answer.body.size() / 2);
            const std::string text = text_of(request, answer);
            const auto sent = co_await socket.send(as_byte_span(std::string_view(text)));
            if (!sent.ok()) break;
        }
        std::erase(open_, &socket);
        co_await socket.close();
    }

    Fault next_fault() {
        if (!faults.empty()) {
            const Fault fault = faults.front();
            faults.pop_front();
            return fault;
        }
        if (fault_chance == 0 || !random.chance(fault_chance)) return Fault::kNone;
        return static_cast<Fault>(random.between(1, 6));
    }

    static std::string error(const std::string& code) {
        return "<?xml version=\"1.0\"?>\n<Error><Code>" + code +
               "</Code><Message>so</Message></Error>";
    }
    static std::string text_of(const Request& request, const Answer& answer) {
        std::string text = "HTTP/1.1 " + std::to_string(answer.status) + " So\r\n" + answer.headers;
        const bool is_head = request.method == "HEAD";
        if (answer.headers.find("Content-Length") == std::string::npos) {
            text += "Content-Length: " + std::to_string(answer.body.size()) + "\r\n";
        }
        return text + "\r\n" + (is_head ? "" : answer.body);
    }

    // False: more has to come.
    bool take_request(std::string& input, Request& out) {
        const std::size_t end = input.find("\r\n\r\n");
        if (end == std::string::npos) return false;
        std::string_view head = std::string_view(input).substr(0, end);
        const auto next_line = [&head] {
            const std::size_t size = std::min(head.find("\r\n"), head.size());
            const std::string_view line = head.substr(0, size);
            head.remove_prefix(std::min(size + 2, head.size()));
            return line;
        };
        const std::string_view first = next_line();
        while (!head.empty()) {
            const std::string_view line = next_line();
            const std::size_t colon = line.find(": ");
            out.headers[std::string(line.substr(0, colon))] = line.substr(colon + 2);
        }
        const std::size_t length =
            out.headers.contains("content-length") ? std::stoul(out.headers["content-length"]) : 0;
        if (input.size() < end + 4 + length) return false;
        out.method = first.substr(0, first.find(' '));
        std::string target(first.substr(out.method.size() + 1));
        target.resize(target.find(' '));
        out.body = input.substr(end + 4, length);
        input.erase(0, end + 4 + length);
        requests.push_back(out.method + ' ' + target);
        const std::size_t question = std::min(target.find('?'), target.size());
        std::string path;
        SLUICE_CHECK(http::append_decoded(path, target.substr(0, question), false));
        constexpr std::string_view kBucket = "/bucket";
        SLUICE_CHECK(path.starts_with(kBucket));
        out.path = path.size() > kBucket.size() + 1 ? path.substr(kBucket.size() + 1) : "";
        read_query(target.substr(std::min(question + 1, target.size())), out);
        return true;
    }
    static void read_query(const std::string& text, Request& out) {
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end = std::min(text.find('&', at), text.size());
            const std::string pair = text.substr(at, end - at);
            const std::size_t equals = pair.find('=');
            std::string value;
            SLUICE_CHECK(http::append_decoded(value, pair.substr(equals + 1), false));
            out.query[pair.substr(0, equals)] = value;
            at = end + 1;
        }
    }

    // Of the time that the request says.
    static bool is_signed(const Request& request) {
        SignableRequest again;
        again.method = request.method;
        again.path = request.path.empty() ? "/bucket" : "/bucket/" + request.path;
        for (const auto& pair : request.query) again.query.push_back(pair);
        for (const auto& [name, value] : request.headers) {
            if (name != "authorization" && name != "content-length") {
                again.headers.emplace_back(name, value);
            }
        }
        again.payload_hash = request.headers.at("x-amz-content-sha256");
        return sha256_hex(as_byte_span(std::string_view(request.body))) == again.payload_hash &&
               authorization_of(again, {"id", "secret", ""}, request.headers.at("x-amz-date"),
                                {"us-east-1", "s3"}) == request.headers.at("authorization");
    }

    Answer carry_out(const Request& request) {
        if (!is_signed(request)) return {403, "", error("SignatureDoesNotMatch")};
        if (!has_bucket) return {404, "", error("NoSuchBucket")};
        const auto has = [&request](const char* name) { return request.query.contains(name); };
        if (request.path.empty()) return has("uploads") ? list_uploads(request) : list(request);
        if (request.method == "POST") return has("uploads") ? begin(request) : complete(request);
        if (has("uploadId")) {
            return request.method == "PUT" ? put_part(request) : abort(request);
        }
        return object(request);
    }
    Answer object(const Request& request) {
        const auto found = contents_.objects.find(request.path);
        const bool is_there = found != contents_.objects.end();
        if (request.method == "PUT") {
            const bool only_if_absent = request.headers.contains("if-none-match");
            if (only_if_absent && !knows_conditions) return {501, "", error("NotImplemented")};
            if (only_if_absent && is_there) return {412, "", error("PreconditionFailed")};
            contents_.objects[request.path] = {request.body, checksum_of(request)};
            return {200, "ETag: \"e\"\r\n", ""};
        }
        if (request.method == "DELETE") {
            contents_.objects.erase(request.path);
            return {204, "", ""};
        }
        if (!is_there) return {404, "", error("NoSuchKey")};
        std::string bytes = found->second.bytes;
        if (request.method == "HEAD") {
            std::string headers = "Content-Length: " + std::to_string(bytes.size()) + "\r\n";
            if (!found->second.checksum.empty()) {
                headers += "X-Amz-Meta-Sluice-Crc32c: " + found->second.checksum + "\r\n";
            }
            return {200, headers, ""};
        }
        const std::string range = request.headers.at("range").substr(6);
        const std::size_t from = std::stoul(range);
        const std::size_t to = std::stoul(range.substr(range.find('-') + 1));
        return {206, "", bytes.substr(from, to - from + 1)};
    }
    static std::string checksum_of(const Request& request) {
        const auto found = request.headers.find("x-amz-meta-sluice-crc32c");
        return found == request.headers.end() ? "" : found->second;
    }

    Answer begin(const Request& request) {
        const std::string id = "upload+" + std::to_string(++contents_.uploads_begun) + "/=";
        contents_.uploads[id] = {request.path, checksum_of(request), {}};
        return {200, "",
                "<InitiateMultipartUploadResult><UploadId>" + xml_text(id) +
                    "</UploadId></InitiateMultipartUploadResult>"};
    }
    Answer put_part(const Request& request) {
        const auto found = contents_.uploads.find(request.query.at("uploadId"));
        if (found == contents_.uploads.end()) return {404, "", error("NoSuchUpload")};
        found->second.parts[std::stoul(request.query.at("partNumber"))] = request.body;
        return {200, "ETag: \"part " + request.query.at("partNumber") + "\"\r\n", ""};
    }
    Answer complete(const Request& request) {
        const auto found = contents_.uploads.find(request.query.at("uploadId"));
        if (found == contents_.uploads.end()) return {404, "", error("NoSuchUpload")};
        const auto document = parse_xml(request.body);
        SLUICE_CHECK(document.ok());
        std::string bytes;
        for (const XmlElement& part : document->children) {
            const std::string number(part.text_of("PartNumber"));
            if (part.text_of("ETag") != "\"part " + number + "\"") {
                return {400, "", error("InvalidPart")};
            }
            bytes += found->second.parts.at(std::stoul(number));
        }
        contents_.objects[request.path] = {bytes, found->second.checksum};
        contents_.uploads.erase(found);
        return {200, "", "\n<CompleteMultipartUploadResult/>"};
    }
    Answer abort(const Request& request) {
        const bool was_there = contents_.uploads.erase(request.query.at("uploadId")) == 1;
        return was_there ? Answer{204, "", ""} : Answer{404, "", error("NoSuchUpload")};
    }

    Answer list(const Request& request) {
        const std::string prefix = request.query.at("prefix");
        const auto token = request.query.find("continuation-token");
        std::string body = "<ListBucketResult>";
        std::size_t count = 0;
        std::string last;
        for (const auto& [key, object] : contents_.objects) {
            if (!key.starts_with(prefix)) continue;
            if (token != request.query.end() && key <= token->second) continue;
            if (count++ == page_size) {
                return {200, "",
                        body + "<IsTruncated>true</IsTruncated><NextContinuationToken>" +
                            xml_text(last) + "</NextContinuationToken></ListBucketResult>"};
            }
            last = key;
            body += "<Contents><Key>" + xml_text(key) + "</Key></Contents>";
        }
        return {200, "", body + "<IsTruncated>false</IsTruncated></ListBucketResult>"};
    }
    Answer list_uploads(const Request& request) {
        std::string body = "<ListMultipartUploadsResult>";
        for (const auto& [id, upload] : contents_.uploads) {
            if (!upload.key.starts_with(request.query.at("prefix"))) continue;
            body += "<Upload><Key>" + xml_text(upload.key) + "</Key><UploadId>" + xml_text(id) +
                    "</UploadId></Upload>";
        }
        return {200, "", body + "<IsTruncated>false</IsTruncated></ListMultipartUploadsResult>"};
    }

    BucketContents& contents_;
    io::Listener listener_;
    io::Gate gate_;
    std::vector<io::Socket*> open_;
    bool stopping_ = false;
};

}  // namespace sluice::server::test
