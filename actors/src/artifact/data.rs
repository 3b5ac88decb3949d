//! Data for machines and spreadsheets: JSON as people can read it, CSV that no spreadsheet takes for formulas.

use serde_json::Value;

use crate::artifact::generator::{Error, File};
use crate::artifact::page::text;

/// The media types of data.
pub const JSON: &str = "application/json";
/// See [`JSON`].
pub const CSV: &str = "text/csv; charset=utf-8";

/// JSON, indented.
pub fn json(value: &Value) -> Vec<u8> {
    format!("{}\n", shown(value)).into_bytes()
}

/// JSON as a text in a page: what acts instead of being read is written as an escape, and means the same.
pub fn shown(value: &Value) -> String {
    let mut shown = String::new();
    for c in format!("{value:#}").chars() {
        if text::acts(c) {
            // JSON has this escape for the first 65,536 characters, and all that act are among them.
            shown.extend(["\\u".to_owned(), format!("{:04x}", u32::from(c))]);
        } else {
            shown.push(c);
        }
    }
    shown
}

/// `data.json` or the like.
pub fn json_file(name: &'static str, value: &Value) -> File {
    File { name, media_type: JSON, body: json(value) }
}

/// A table after RFC 4180, its first row the names of the columns.
///
/// # Errors
/// [`Error::Table`] when the rows aren't all as long as the first.
pub fn csv_file(name: &'static str, columns: &[&str], rows: &[Vec<String>]) -> Result<File, Error> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(columns)?;
    for row in rows {
        writer.write_record(row.iter().map(|cell| defused(cell)))?;
    }
    let body = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(File { name, media_type: CSV, body })
}

/// A cell that begins like a formula is one to spreadsheets, unless an apostrophe says that it's text.
fn defused(cell: &str) -> String {
    let acts = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    if acts { format!("'{cell}") } else { cell.to_owned() }
}

/// What may be absent, as a cell.
pub fn cell<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_every_word_stays() {
        let rows =
            [["=1+1", "a,\"b\"\nc"], ["-2", "plain"], ["@x", ""]].map(|row| row.map(str::to_owned).to_vec());
        let file = csv_file("data.csv", &["one", "two"], &rows).unwrap();
        assert_eq!(
            String::from_utf8(file.body).unwrap(),
            "one,two\r\n'=1+1,\"a,\"\"b\"\"\nc\"\r\n'-2,plain\r\n'@x,\r\n"
        );
        assert!(csv_file("data.csv", &["one"], &rows).is_err(), "a row that's too long");
    }
}
