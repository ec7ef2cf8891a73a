//! Generated from spec/ by tools/generate.py; do not edit.

/// `[frame] magic`
pub const FRAME_MAGIC: u64 = 1_447_580_493;
/// `[frame] version`
pub const FRAME_VERSION: u64 = 1;
/// `[frame] header_length`
pub const FRAME_HEADER_LENGTH: u64 = 16;
/// `[frame] lane_control`
pub const FRAME_LANE_CONTROL: u64 = 1;
/// `[frame] lane_use`
pub const FRAME_LANE_USE: u64 = 2;
/// `[frame] message_length_max`
pub const FRAME_MESSAGE_LENGTH_MAX: u64 = 131_072;
/// `[frame] segment_length_max`
pub const FRAME_SEGMENT_LENGTH_MAX: u64 = 1_048_576;
/// `[frame] secret_segment_length_max`
pub const FRAME_SECRET_SEGMENT_LENGTH_MAX: u64 = 65_536;
/// `[frame] before_hello_length_max`
pub const FRAME_BEFORE_HELLO_LENGTH_MAX: u64 = 4_096;
/// `[frame] message_depth_max`
pub const FRAME_MESSAGE_DEPTH_MAX: u64 = 8;
/// `[object] attributes_length_max`
pub const OBJECT_ATTRIBUTES_LENGTH_MAX: u64 = 69_632;
/// `[object] template_attributes_max`
pub const OBJECT_TEMPLATE_ATTRIBUTES_MAX: u64 = 64;
/// `[object] objects_per_request_max`
pub const OBJECT_OBJECTS_PER_REQUEST_MAX: u64 = 512;
/// `[object] further_keys_max`
pub const OBJECT_FURTHER_KEYS_MAX: u64 = 8;
/// `[object] find_handles_max`
pub const OBJECT_FIND_HANDLES_MAX: u64 = 8_192;
/// `[object] uuid_length`
pub const OBJECT_UUID_LENGTH: u64 = 16;
/// `[session] sessions_per_container_max`
pub const SESSION_SESSIONS_PER_CONTAINER_MAX: u64 = 16_384;
/// `[session] applications_per_container_max`
pub const SESSION_APPLICATIONS_PER_CONTAINER_MAX: u64 = 1_024;
/// `[session] connections_total_max`
pub const SESSION_CONNECTIONS_TOTAL_MAX: u64 = 19_000;
/// `[session] connections_before_hello_max`
pub const SESSION_CONNECTIONS_BEFORE_HELLO_MAX: u64 = 256;
/// `[session] waiting_per_container_max`
pub const SESSION_WAITING_PER_CONTAINER_MAX: u64 = 64;
/// `[session] waiting_per_application_max`
pub const SESSION_WAITING_PER_APPLICATION_MAX: u64 = 32;
/// `[session] session_objects_per_application_max`
pub const SESSION_SESSION_OBJECTS_PER_APPLICATION_MAX: u64 = 4_096;
/// `[operation] gather_length_max`
pub const OPERATION_GATHER_LENGTH_MAX: u64 = 65_536;
/// `[operation] random_length_max`
pub const OPERATION_RANDOM_LENGTH_MAX: u64 = 1_048_576;
/// `[operation] grants_per_application_max`
pub const OPERATION_GRANTS_PER_APPLICATION_MAX: u64 = 16_384;
/// `[login] pin_length_min`
pub const LOGIN_PIN_LENGTH_MIN: u64 = 4;
/// `[login] pin_length_max`
pub const LOGIN_PIN_LENGTH_MAX: u64 = 255;
/// `[login] pbkdf2_rounds_min`
pub const LOGIN_PBKDF2_ROUNDS_MIN: u64 = 600_000;
/// `[login] pbkdf2_rounds_max`
pub const LOGIN_PBKDF2_ROUNDS_MAX: u64 = 10_000_000;
/// `[login] tries_free`
pub const LOGIN_TRIES_FREE: u64 = 3;
/// `[login] tries_max`
pub const LOGIN_TRIES_MAX: u64 = 10;
/// `[login] delay_first_s`
pub const LOGIN_DELAY_FIRST_S: u64 = 1;
/// `[login] delay_max_s`
pub const LOGIN_DELAY_MAX_S: u64 = 900;
/// `[login] login_linger_s`
pub const LOGIN_LOGIN_LINGER_S: u64 = 60;
/// `[login] derivation_failures_per_minute_max`
pub const LOGIN_DERIVATION_FAILURES_PER_MINUTE_MAX: u64 = 60;
/// `[worker] packet_length_max`
pub const WORKER_PACKET_LENGTH_MAX: u64 = 199_000;
/// `[worker] deadline_quick_ms`
pub const WORKER_DEADLINE_QUICK_MS: u64 = 5_000;
/// `[worker] deadline_slow_ms`
pub const WORKER_DEADLINE_SLOW_MS: u64 = 60_000;
/// `[worker] quick_workers`
pub const WORKER_QUICK_WORKERS: u64 = 3;
/// `[worker] slow_workers`
pub const WORKER_SLOW_WORKERS: u64 = 2;
/// `[policy] rsa_bits_min`
pub const POLICY_RSA_BITS_MIN: u64 = 2_048;
/// `[module] connect_timeout_ms`
pub const MODULE_CONNECT_TIMEOUT_MS: u64 = 2_000;
/// `[module] reply_timeout_ms`
pub const MODULE_REPLY_TIMEOUT_MS: u64 = 75_000;
/// `[module] busy_retry_ms`
pub const MODULE_BUSY_RETRY_MS: u64 = 5_000;
/// `[reply] busy`
pub const REPLY_BUSY: u64 = 2_153_138_177;
