// Where the credentials of S3 come from: a file, or the environment.
#pragma once

#include <string>
#include <string_view>

#include "server/s3/request_signature.h"
#include "sluice/base/result.h"

namespace sluice::server {

// Of a file in the form that AWS's tools share: the keys aws_access_key_id, aws_secret_access_key
// and perhaps aws_session_token, in the section [default] or before any section.
Result<S3Credentials> parse_credentials(std::string_view text);

// Of the file at `path`, which may begin with $CREDENTIALS_DIRECTORY/; empty: of AWS_ACCESS_KEY_ID,
// AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. The error is a sentence for the operator and has
// nothing of what the file says. It reads the disk.
Result<S3Credentials> load_credentials(const std::string& path);

}  // namespace sluice::server
