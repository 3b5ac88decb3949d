//! What the actors hold, and whether D1 holds the same.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::api::Body;
use crate::database::Database;
use crate::torture::client::Known;
use crate::torture::run::Run;

/// A field of the API's document and the column with the same.
type Pair = (&'static str, &'static str);

/// A name has its change's number in it, so it stands for the revision.
const PROJECT: &[Pair] = &[("name", "name"), ("updatedAt", "updated_at")];
const JOB: &[Pair] = &[
    ("state", "state"),
    ("completed", "completed"),
    ("failed", "failed"),
    ("passed", "passed"),
    ("nearDuplicates", "near_duplicates"),
    ("updatedAt", "updated_at"),
];
const PICTURE: &[Pair] = &[
    ("provider", "ai_provider"),
    ("variantIndex", "variant_index"),
    ("generatedImageUrl", "generated_image_url"),
    ("judgment", "judgment"),
    ("retrySuggestion", "retry_suggestion"),
];

/// Documents by the table that shows them and their id.
#[derive(Debug, Default)]
pub struct Truth(BTreeMap<(Table, String), Value>);

/// A table of D1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    Projects,
    Jobs,
    Pictures,
}

impl Truth {
    /// Asks every actor; what gives no answer is left out, and its request is written down as one that failed.
    pub fn of(run: &Run, known: &[Known]) -> Self {
        let mut truth = Self::default();
        let ask = |path: String| run.send("GET", &path, Body::None).map(|reply| reply.expect(200).json());
        for id in known.iter().flat_map(|known| &known.projects) {
            truth.0.extend(
                ask(format!("/api/projects/{id}")).map(|shown| ((Table::Projects, id.clone()), shown)),
            );
        }
        for id in known.iter().flat_map(|known| &known.jobs) {
            if let Some(shown) = ask(format!("/api/jobs/{id}")) {
                truth.add_job(id, shown);
            }
        }
        truth
    }

    fn add_job(&mut self, id: &str, shown: Value) {
        for variant in shown["variants"].as_array().into_iter().flatten() {
            if let Some(picture) = variant["progressionId"].as_str() {
                self.0.insert((Table::Pictures, picture.to_owned()), variant.clone());
            }
        }
        self.0.insert((Table::Jobs, id.to_owned()), shown);
    }

    /// How many things of a table there are.
    pub fn count(&self, table: Table) -> usize {
        self.0.keys().filter(|(of, _)| *of == table).count()
    }

    /// What D1 doesn't hold, or holds otherwise; one line each.
    pub fn missing_in(&self, database: &Database) -> Vec<String> {
        let rows = [Table::Projects, Table::Jobs, Table::Pictures].map(|table| (table, table.rows(database)));
        let rows: BTreeMap<Table, Rows> = rows.into();
        let lines = self.0.iter().filter_map(|((table, id), shown)| {
            let differs = table.difference(shown, rows.get(table).and_then(|rows| rows.get(id)))?;
            Some(format!("{table:?} {id}: {differs}"))
        });
        lines.collect()
    }
}

type Rows = BTreeMap<String, Map<String, Value>>;

impl Table {
    fn pairs(self) -> &'static [Pair] {
        match self {
            Self::Projects => PROJECT,
            Self::Jobs => JOB,
            Self::Pictures => PICTURE,
        }
    }

    fn rows(self, database: &Database) -> Rows {
        let name = match self {
            Self::Projects => "projects",
            Self::Jobs => "jobs",
            Self::Pictures => "image_progressions",
        };
        let columns: Vec<&str> = self.pairs().iter().map(|(_, column)| *column).collect();
        let rows = database.rows(&format!("SELECT id, {} FROM {name}", columns.join(", ")), &[]);
        rows.into_iter().map(|row| (row["id"].as_str().unwrap_or_default().to_owned(), row)).collect()
    }

    /// The first column that isn't as shown.
    fn difference(self, shown: &Value, row: Option<&Map<String, Value>>) -> Option<String> {
        let Some(row) = row else { return Some("no row".to_owned()) };
        let (field, column) = self.pairs().iter().find(|(field, column)| shown[*field] != row[*column])?;
        Some(format!("{column} is {}, not {}", row[*column], shown[*field]))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(of: &Value) -> Map<String, Value> {
        of.as_object().unwrap().clone()
    }

    #[test]
    fn a_row_is_compared_with_what_its_actor_shows() {
        let shown = json!({ "name": "x v2", "updatedAt": 5 });
        let differs = |of: &Value| Table::Projects.difference(&shown, Some(&row(of)));
        assert_eq!(differs(&json!({ "name": "x v2", "updated_at": 5 })), None);
        assert_eq!(
            differs(&json!({ "name": "x v1", "updated_at": 5 })).unwrap(),
            r#"name is "x v1", not "x v2""#
        );
        assert_eq!(Table::Projects.difference(&shown, None).unwrap(), "no row");
    }

    #[test]
    fn a_job_is_known_with_each_of_its_pictures() {
        let mut truth = Truth::default();
        truth.add_job(
            "j",
            json!({ "variants": [{ "progressionId": "p" }, { "progressionId": null }, { "progressionId": "q" }] }),
        );
        assert_eq!((truth.count(Table::Jobs), truth.count(Table::Pictures)), (1, 2));
    }
}
