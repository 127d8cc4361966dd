#include "sluice/tls/session.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstring>

#include "openssl_error.h"
#include "sluice/base/check.h"

namespace sluice::tls {

// OpenSSL's view of a session's bytes. Like its memory BIO, but the input is read where it lies.
struct BioFunctions {
    static int read(BIO* bio, char* into, int length) {
        BIO_clear_retry_flags(bio);
        auto& session = *static_cast<Session*>(BIO_get_data(bio));
        const std::size_t count =
            std::min(session.input_.size(), static_cast<std::size_t>(std::max(length, 0)));
        if (count == 0) {
            BIO_set_retry_read(bio);
            return -1;
        }
        std::memcpy(into, session.input_.data(), count);
        session.input_ = session.input_.subspan(count);
        return static_cast<int>(count);
    }
    static int write(BIO* bio, const char* from, int length) {
        BIO_clear_retry_flags(bio);
        auto& session = *static_cast<Session*>(BIO_get_data(bio));
        const auto* const bytes = reinterpret_cast<const std::byte*>(from);
        session.output_.insert(session.output_.end(), bytes, bytes + length);
        return length;
    }
    static long control(BIO*, int command, long, void*) {
        return command == BIO_CTRL_FLUSH || command == BIO_CTRL_DUP ? 1 : 0;
    }
    static BIO_METHOD* make_method() {
        BIO_METHOD* const method =
            BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "bytes of a connection");
        SLUICE_CHECK(method != nullptr);
        BIO_meth_set_read(method, &read);
        BIO_meth_set_write(method, &write);
        BIO_meth_set_ctrl(method, &control);
        return method;
    }
};

namespace {

// Head, kind and tag of a record; 1.2 adds a number of eight bytes.
constexpr std::size_t kRecordExtraBytes = 32;

BIO_METHOD* bio_method() {
    static BIO_METHOD* const method = BioFunctions::make_method();
    return method;
}

// A certificate for an address names the address, and SNI (RFC 6066, section 3) names hosts only.
void expect_server(SSL* handle, const std::string& name, bool verify) {
    X509_VERIFY_PARAM* const parameters = SSL_get0_param(handle);
    const bool is_address = X509_VERIFY_PARAM_set1_ip_asc(parameters, name.c_str()) == 1;
    if (is_address) return;
    ERR_clear_error();
    SSL_set_tlsext_host_name(handle, name.c_str());
    if (!verify) return;
    X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    X509_VERIFY_PARAM_set1_host(parameters, name.data(), name.size());
}

}  // namespace

Session::Session(std::shared_ptr<Context> context, const std::string& peer_name)
    : context_(std::move(context)), handle_(SSL_new(context_->handle())) {
    BIO* const bio = BIO_new(bio_method());
    SLUICE_CHECK(handle_ != nullptr && bio != nullptr);
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(handle_, bio, bio);
    if (context_->is_server()) {
        SSL_set_accept_state(handle_);
    } else {
        expect_server(handle_, peer_name, context_->verifies_server());
        SSL_set_connect_state(handle_);
    }
}

Session::~Session() {
    SSL_free(handle_);
}

void Session::set_input(ByteSpan bytes) {
    SLUICE_CHECK(input_.empty());
    input_ = bytes;
}

Step Session::step_of(int result) {
    switch (SSL_get_error(handle_, result)) {
        case SSL_ERROR_WANT_READ:
            return Step::kWantInput;
        case SSL_ERROR_ZERO_RETURN:
            return Step::kClosed;
        default:
            break;
    }
    failed_ = true;
    failure_ = take_openssl_error();
    const long verdict = SSL_get_verify_result(handle_);
    if (verdict != X509_V_OK) {
        failure_ += " (";
        failure_ += X509_verify_cert_error_string(verdict);
        failure_ += ')';
    }
    return Step::kFailed;
}

Step Session::handshake() {
    if (failed_) return Step::kFailed;
    ERR_clear_error();
    const int result = SSL_do_handshake(handle_);
    return result == 1 ? Step::kDone : step_of(result);
}

bool Session::can_read() const {
    return !input_.empty() || SSL_pending(handle_) > 0;
}

Session::Read Session::read(MutableByteSpan into) {
    if (failed_) return {Step::kFailed, 0};
    ERR_clear_error();
    std::size_t count = 0;
    const int result = SSL_read_ex(handle_, into.data(), into.size(), &count);
    if (result == 1) return {Step::kDone, count};
    return {step_of(result), 0};
}

Step Session::write(ByteSpan plain) {
    if (failed_) return Step::kFailed;
    ERR_clear_error();
    const std::size_t records = plain.size() / kRecordBytesMax + 1;
    output_.reserve(output_.size() + plain.size() + records * kRecordExtraBytes);
    std::size_t count = 0;
    const int result = SSL_write_ex(handle_, plain.data(), plain.size(), &count);
    if (result == 1) {
        SLUICE_CHECK(count == plain.size());
        return Step::kDone;
    }
    const Step step = step_of(result);
    if (step == Step::kFailed) return step;
    // The bytes of the peer are not what a write may wait for: there is no second handshake.
    failed_ = true;
    failure_ = "the session cannot be written to";
    return Step::kFailed;
}

void Session::close() {
    if (failed_ || !SSL_is_init_finished(handle_)) return;
    ERR_clear_error();
    (void)SSL_shutdown(handle_);
    ERR_clear_error();
}

void Session::take_output(std::vector<std::byte>& into) {
    into.clear();
    std::swap(into, output_);
}

void Session::shrink_output(std::size_t bytes) {
    if (output_.empty() && output_.capacity() > bytes) output_ = {};
}

std::string Session::peer_common_name() const {
    const X509* const certificate = SSL_get0_peer_certificate(handle_);
    if (certificate == nullptr || SSL_get_verify_result(handle_) != X509_V_OK) return {};
    const X509_NAME* const subject = X509_get_subject_name(certificate);
    const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (at < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0) return {};
    unsigned char* text = nullptr;
    const int length =
        ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    if (length < 0) return {};
    std::string name(reinterpret_cast<const char*>(text), static_cast<std::size_t>(length));
    OPENSSL_free(text);
    // A byte that ends a string elsewhere is no part of a name.
    return name.find('\0') == std::string::npos ? name : std::string();
}

bool Session::was_resumed() const {
    return SSL_session_reused(handle_) == 1;
}

}  // namespace sluice::tls
