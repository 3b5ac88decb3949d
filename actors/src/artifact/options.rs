//! What an artifact may be told: every option with its shape, its limits and what it means; read strictly, shown as a JSON
//! Schema.
//!
//! Options are data, so that reading, refusing, showing and keeping them is written once. A generator asks its [`Settings`]
//! by name and gets what was given or what holds without; it never sees a value that its schema doesn't allow.

use serde_json::{Map, Value, json};

use crate::ids::ProgressionId;
use crate::request::Invalid;

/// One option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// As people write it, in camelCase.
    pub name: &'static str,
    /// What it does, one sentence.
    pub about: &'static str,
    /// What it can be.
    pub shape: Shape,
}

/// What an option can be, and what it is when nobody says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A text of at most so many characters; empty when nobody says.
    Text {
        /// Characters.
        most: usize,
    },
    /// Yes or no.
    Flag {
        /// When nobody says.
        default: bool,
    },
    /// A whole number.
    Number {
        /// The smallest.
        least: i64,
        /// The largest.
        most: i64,
        /// When nobody says.
        default: i64,
    },
    /// One of these words; the first when nobody says.
    Choice(&'static [&'static str]),
    /// Progressions of the artifact's projects, each once, in the order in which they're wanted; all when nobody says.
    Images {
        /// How many can be named.
        most: usize,
    },
}

/// Options that were read: what was given, and where nothing was, what holds without.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    fields: Vec<&'static Field>,
    given: Map<String, Value>,
}

impl Settings {
    /// Reads options against the fields that a kind has. An unknown name is refused: it's a slip, and what was meant would
    /// silently not happen.
    ///
    /// # Errors
    /// [`Invalid`] naming the option as `options.<name>`.
    pub fn read(fields: Vec<&'static Field>, given: Map<String, Value>) -> Result<Self, Invalid> {
        for (name, value) in &given {
            let Some(field) = fields.iter().find(|field| field.name == name) else {
                let known: Vec<&str> = fields.iter().map(|field| field.name).collect();
                let reason = format!("isn't an option of this kind; it has {}", known.join(", "));
                return Err(Invalid::field(format!("options.{name}"), reason));
            };
            field.check(value)?;
        }
        Ok(Self { fields, given })
    }

    /// What was given, to be kept.
    pub const fn given(&self) -> &Map<String, Value> {
        &self.given
    }

    /// Whether the kind has an option of this name.
    pub fn has(&self, name: &str) -> bool {
        self.shape(name).is_some()
    }

    /// The text of an option; empty when nobody says.
    pub fn text(&self, name: &str) -> &str {
        self.given.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// The answer of a [`Shape::Flag`].
    pub fn flag(&self, name: &str) -> bool {
        match (self.given.get(name), self.shape(name)) {
            (Some(Value::Bool(flag)), _) => *flag,
            (_, Some(Shape::Flag { default })) => default,
            _ => false,
        }
    }

    /// The number of a [`Shape::Number`].
    pub fn number(&self, name: &str) -> i64 {
        match (self.given.get(name).and_then(Value::as_i64), self.shape(name)) {
            (Some(number), _) => number,
            (None, Some(Shape::Number { default, .. })) => default,
            _ => 0,
        }
    }

    /// The word of a [`Shape::Choice`].
    pub fn choice(&self, name: &str) -> &str {
        match (self.given.get(name).and_then(Value::as_str), self.shape(name)) {
            (Some(word), _) => word,
            (None, Some(Shape::Choice(words))) => words.first().copied().unwrap_or_default(),
            _ => "",
        }
    }

    /// The ids of a [`Shape::Images`]; `None` when nobody says.
    pub fn images(&self, name: &str) -> Option<Vec<&str>> {
        let ids = self.given.get(name)?.as_array()?;
        Some(ids.iter().filter_map(Value::as_str).collect())
    }

    fn shape(&self, name: &str) -> Option<Shape> {
        self.fields.iter().find(|field| field.name == name).map(|field| field.shape)
    }
}

impl Field {
    fn check(&self, value: &Value) -> Result<(), Invalid> {
        let no = |reason: String| Err(Invalid::field(format!("options.{}", self.name), reason));
        match (self.shape, value) {
            (Shape::Text { most }, Value::String(text)) if text.chars().count() <= most => Ok(()),
            (Shape::Text { most }, _) => no(format!("must be a text of at most {most} characters")),
            (Shape::Flag { .. }, Value::Bool(_)) => Ok(()),
            (Shape::Flag { .. }, _) => no("must be true or false".to_owned()),
            (Shape::Number { least, most, .. }, value)
                if value.as_i64().is_some_and(|number| (least..=most).contains(&number)) =>
            {
                Ok(())
            }
            (Shape::Number { least, most, .. }, _) => {
                no(format!("must be a whole number from {least} to {most}"))
            }
            (Shape::Choice(words), Value::String(word)) if words.contains(&word.as_str()) => Ok(()),
            (Shape::Choice(words), _) => no(format!("must be one of {}", words.join(", "))),
            (Shape::Images { most }, Value::Array(ids)) if ids.len() <= most => self.check_ids(ids),
            (Shape::Images { most }, _) => no(format!("must be a list of at most {most} progressions' ids")),
        }
    }

    fn check_ids(&self, ids: &[Value]) -> Result<(), Invalid> {
        for (at, id) in ids.iter().enumerate() {
            let no = |reason: &str| Err(Invalid::field(format!("options.{}[{at}]", self.name), reason));
            if id.as_str().is_none_or(|id| ProgressionId::parse(id).is_err()) {
                return no("must be a progression's id");
            }
            if ids.iter().take(at).any(|before| before == id) {
                return no("is named twice");
            }
        }
        Ok(())
    }

    fn schema(&self) -> Value {
        let mut schema = match self.shape {
            Shape::Text { most } => json!({ "type": "string", "maxLength": most, "default": "" }),
            Shape::Flag { default } => json!({ "type": "boolean", "default": default }),
            Shape::Number { least, most, default } => {
                json!({ "type": "integer", "minimum": least, "maximum": most, "default": default })
            }
            Shape::Choice(words) => {
                json!({ "type": "string", "enum": words, "default": words.first() })
            }
            Shape::Images { most } => json!({
                "type": "array", "items": { "type": "string" }, "uniqueItems": true, "maxItems": most,
            }),
        };
        if let Some(schema) = schema.as_object_mut() {
            schema.insert("description".to_owned(), self.about.into());
        }
        schema
    }
}

/// The fields as a JSON Schema (draft 2020-12) of an object.
pub fn schema(fields: &[&'static Field]) -> Value {
    let properties: Map<String, Value> =
        fields.iter().map(|field| (field.name.to_owned(), field.schema())).collect();
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}

#[cfg(test)]
mod tests {
    use super::*;

    static FIELDS: [Field; 5] = [
        Field { name: "intro", about: "Before it all.", shape: Shape::Text { most: 3 } },
        Field { name: "prompts", about: "Show them.", shape: Shape::Flag { default: true } },
        Field { name: "seconds", about: "Each.", shape: Shape::Number { least: 1, most: 9, default: 4 } },
        Field { name: "layout", about: "How.", shape: Shape::Choice(&["wide", "tight"]) },
        Field { name: "images", about: "Which.", shape: Shape::Images { most: 2 } },
    ];
    const ONE: &str = "4fZk0PqLx81mWd2C-9aX2kLm0Qw3E-0";

    fn read(given: &Value) -> Result<Settings, Invalid> {
        Settings::read(FIELDS.iter().collect(), given.as_object().unwrap().clone())
    }

    #[test]
    fn what_nobody_says_is_the_default() {
        let settings = read(&json!({})).unwrap();
        assert_eq!((settings.text("intro"), settings.flag("prompts")), ("", true));
        assert_eq!((settings.number("seconds"), settings.choice("layout")), (4, "wide"));
        assert_eq!(settings.images("images"), None);
    }

    #[test]
    fn what_is_given_holds() {
        let given = json!({
            "intro": "äöü", "prompts": false, "seconds": 9, "layout": "tight", "images": [ONE],
        });
        let settings = read(&given).unwrap();
        assert_eq!((settings.text("intro"), settings.flag("prompts")), ("äöü", false));
        assert_eq!((settings.number("seconds"), settings.choice("layout")), (9, "tight"));
        assert_eq!(settings.images("images"), Some(vec![ONE]));
        assert_eq!(Value::Object(settings.given().clone()), given);
    }

    #[test]
    fn what_does_not_fit_is_refused_by_name() {
        for (given, field) in [
            (json!({ "intro": "four" }), "options.intro"),
            (json!({ "intro": 1 }), "options.intro"),
            (json!({ "prompts": "yes" }), "options.prompts"),
            (json!({ "seconds": 10 }), "options.seconds"),
            (json!({ "seconds": 1.5 }), "options.seconds"),
            (json!({ "layout": "WIDE" }), "options.layout"),
            (json!({ "images": "all" }), "options.images"),
            (json!({ "images": ["a", "b", "c"] }), "options.images"),
            (json!({ "images": ["../x"] }), "options.images[0]"),
            (json!({ "images": [ONE, ONE] }), "options.images[1]"),
            (json!({ "colour": "red" }), "options.colour"),
        ] {
            assert_eq!(read(&given).unwrap_err().field, field, "{given}");
        }
    }

    #[test]
    fn the_schema_says_the_same() {
        let shown = schema(&FIELDS.iter().collect::<Vec<_>>());
        assert_eq!(
            shown["properties"]["seconds"],
            json!({ "type": "integer", "minimum": 1, "maximum": 9, "default": 4, "description": "Each." })
        );
        assert_eq!(shown["properties"]["layout"]["enum"], json!(["wide", "tight"]));
        assert_eq!(shown["additionalProperties"], json!(false));
    }
}
