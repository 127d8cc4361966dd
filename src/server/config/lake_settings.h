// The settings of the section [lake]: which shard groups are published as Parquet files, and where.
#pragma once

#include <string>

#include "server/config/bucket_address.h"
#include "server/config/setting_types.h"
#include "sluice/base/result.h"
#include "sluice/base/units.h"

namespace sluice::server {

struct LakeSettings {
    bool enabled = false;
    std::string root;      // file:// and an absolute path, or s3://, a bucket and a prefix
    std::string catalog;   // must be empty: tables without a catalog are all there is
    std::string endpoint;  // of S3: http:// or https:// and a host; empty: that of AWS
    std::string region = "us-east-1";
    bool path_style = false;
    std::string credentials_file;  // empty: the environment has them
    std::string node;              // of names of files; empty: the machine's
    SettingDuration publish_after{kHourNs};
    SettingList databases;  // none: all
    std::string retention = "keep";
    SettingSize bandwidth{16 * kMiB};  // of files, a second; 0: without limit
    bool hold_retention = false;

    bool follows_retention() const { return retention == "follow"; }
    // The following are of a root that check_lake() has passed.
    bool is_bucket() const { return root.starts_with("s3://"); }
    // The path of a folder; s3://, bucket and prefix. Without a slash at its end.
    std::string place() const;
    BucketAddress bucket() const;
};

// kInvalid: the publisher could not work so. Nothing is asked while it is not enabled.
Result<void> check_lake(const LakeSettings& lake);

}  // namespace sluice::server
