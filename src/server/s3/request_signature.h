// The signature that S3 asks of a request: AWS Signature Version 4, in the form that stands in the
// header Authorization (docs.aws.amazon.com, "Signature Calculations for the Authorization
// Header").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/base/bytes.h"

namespace sluice::server {

// Whose request it is. The texts are secrets, all but the id of the key: they stand in no log and
// in no error.
struct S3Credentials {
    std::string key_id;
    std::string secret;
    std::string session_token;  // empty: the key is for good
};

// What a signature covers. Nothing is encoded yet.
struct SignableRequest {
    std::string method;
    std::string path;  // begins with '/'
    std::vector<std::pair<std::string, std::string>> query;
    // In small letters, `host` among them.
    std::vector<std::pair<std::string, std::string>> headers;
    std::string payload_hash;  // sha256_hex() of the body
};

// What the key is good for beside a day: "us-east-1", "s3".
struct SignatureScope {
    std::string region;
    std::string service;
};

std::string sha256_hex(ByteSpan bytes);

// The target of the request line: path and parameters, encoded as the signature has them.
std::string request_target(const SignableRequest& request);

// "20130524T000000Z"
std::string signature_time(std::int64_t wall_ns);

// The three steps of the calculation. `time` is a signature_time().
std::string canonical_request(const SignableRequest& request);
std::string string_to_sign(std::string_view canonical, std::string_view time,
                           const SignatureScope& scope);
std::string signing_key(const S3Credentials& credentials, std::string_view time,
                        const SignatureScope& scope);

// The value of the header Authorization for the request as it is.
std::string authorization_of(const SignableRequest& request, const S3Credentials& credentials,
                             std::string_view time, const SignatureScope& scope);

// Adds what S3 wants to have signed (time, hash of the body, token of the session), and the
// signature: the headers are complete then.
void sign_request(SignableRequest& request, const S3Credentials& credentials, std::int64_t wall_ns,
                  const SignatureScope& scope);

}  // namespace sluice::server
