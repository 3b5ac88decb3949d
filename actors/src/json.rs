//! JSON texts that are built once and passed on untouched.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::sql::Fault;

/// A JSON text that was checked when it was made and is copied, never parsed again, on its way out.
pub type Raw = Box<RawValue>;

/// Wraps a JSON text, for instance one that `SQLite` built.
///
/// # Errors
/// [`Fault::Corrupt`] when it isn't JSON.
pub fn raw(text: String) -> Result<Raw, Fault> {
    RawValue::from_string(text).map_err(|error| Fault::corrupt("json", error))
}

/// Writes a value as a JSON text.
///
/// # Errors
/// [`Fault::Corrupt`] for a value that JSON can't hold (a map whose keys aren't strings).
pub fn to_raw<T: Serialize + ?Sized>(value: &T) -> Result<Raw, Fault> {
    serde_json::value::to_raw_value(value).map_err(|error| Fault::corrupt("json", error))
}

/// Writes a value as JSON.
///
/// # Errors
/// As [`to_raw`].
pub fn write<T: Serialize + ?Sized>(value: &T) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(|error| Fault::corrupt("json", error))
}

/// Reads what was stored as `what`.
///
/// # Errors
/// [`Fault::Corrupt`] naming `what`.
pub fn read<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T, Fault> {
    serde_json::from_str(text).map_err(|error| Fault::corrupt(what, error))
}
