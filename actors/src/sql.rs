//! The storage port: synchronous SQL over one actor's own database.
//!
//! In the Worker it's the Durable Object's `SQLite`, in tests `rusqlite`. Numbers cross JavaScript as doubles there, so
//! integers beyond ±2^53 aren't representable; nothing here comes near (epoch milliseconds take 41 bits). There are no
//! booleans: JavaScript's would be stored as the texts `true` and `false`.

/// A value bound to a statement or read from a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// SQL NULL.
    Null,
    /// A whole number, within ±2^53.
    Integer(i64),
    /// Any other number.
    Real(f64),
    /// UTF-8 text, at most 2 MB (the platform's limit for a value).
    Text(String),
    /// Bytes, at most 2 MB.
    Blob(Vec<u8>),
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Integer(i64::from(value))
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// What went wrong inside an actor that isn't the caller's doing. It's logged where it's born and opaque outside.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The storage refused a statement.
    #[error("storage: {0}")]
    Storage(String),
    /// Something stored can't be read back as what it must be.
    #[error("corrupt {what}: {why}")]
    Corrupt {
        /// Which stored thing.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// A journal event that its state doesn't allow: a defect in the core, caught before it was written.
    #[error("illegal event: {0}")]
    Illegal(String),
}

impl Fault {
    /// A stored thing that can't be read.
    pub fn corrupt(what: &'static str, why: impl std::fmt::Display) -> Self {
        Self::Corrupt { what, why: why.to_string() }
    }
}

/// One row of a result.
#[derive(Debug, Clone, PartialEq)]
pub struct Row(pub Vec<Value>);

impl Row {
    /// The text in column `index`.
    ///
    /// # Errors
    /// [`Fault::Corrupt`] when the column is missing or holds something else.
    pub fn text(&self, index: usize) -> Result<String, Fault> {
        match self.0.get(index) {
            Some(Value::Text(text)) => Ok(text.clone()),
            other => Err(Fault::corrupt("column", format!("{index}: wanted text, found {other:?}"))),
        }
    }

    /// The whole number in column `index`.
    ///
    /// # Errors
    /// [`Fault::Corrupt`] when the column is missing or holds something else.
    pub fn integer(&self, index: usize) -> Result<i64, Fault> {
        match self.0.get(index) {
            Some(Value::Integer(number)) => Ok(*number),
            other => Err(Fault::corrupt("column", format!("{index}: wanted an integer, found {other:?}"))),
        }
    }

    /// The text in column `index`, `None` for NULL.
    ///
    /// # Errors
    /// As [`Row::text`].
    pub fn optional_text(&self, index: usize) -> Result<Option<String>, Fault> {
        if matches!(self.0.get(index), Some(Value::Null)) { Ok(None) } else { self.text(index).map(Some) }
    }

    /// The whole number in column `index`, `None` for NULL.
    ///
    /// # Errors
    /// As [`Row::integer`].
    pub fn optional_integer(&self, index: usize) -> Result<Option<i64>, Fault> {
        if matches!(self.0.get(index), Some(Value::Null)) { Ok(None) } else { self.integer(index).map(Some) }
    }
}

/// One actor's database. Every call happens inside the transaction that the turn runs in.
pub trait Sql {
    /// Runs one statement with positional parameters (at most 100) and returns all rows.
    ///
    /// # Errors
    /// [`Fault::Storage`] when the database refuses it.
    fn exec(&self, statement: &str, params: &[Value]) -> Result<Vec<Row>, Fault>;

    /// The first row, if there is one.
    ///
    /// # Errors
    /// As [`Sql::exec`].
    fn first(&self, statement: &str, params: &[Value]) -> Result<Option<Row>, Fault> {
        Ok(self.exec(statement, params)?.into_iter().next())
    }
}
