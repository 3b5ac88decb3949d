//! Vision and text models: what they're asked, and their answers in each model's shape.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::super::conduct::parameters;
use super::super::wire::Delivery;
use super::super::{Answer, faults, tokens};
use super::envelope::{Cloudflare, bad_input, failure, success};
use super::input::Input;
use crate::call::{Ask, Open, epoch_ms};
use crate::fault::{Fault, Target};
use crate::picture::Sent;
use crate::service::{Service, Task};
use crate::state::Emulator;
use crate::{text, vision};

/// How a model answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Llama vision: `{response}`.
    Vision,
    /// Gemma: the chat-completions shape, with or without pictures.
    Chat,
    /// Llama text: `{response}`, JSON mode included.
    Text,
}

impl Kind {
    /// Whom the log and the faults mean: a chat model is a vision model exactly when it's shown something.
    pub fn service(self, shown: bool) -> Service {
        match self {
            Self::Vision => Service::Vision,
            Self::Chat if shown => Service::Vision,
            Self::Chat | Self::Text => Service::Text,
        }
    }
}

/// The kind of work of a service; pictures are taken for made from words.
pub fn task(service: Service) -> Task {
    match service {
        Service::Vision => Task::Vision,
        Service::Text => Task::Text,
        Service::Openai | Service::Gemini | Service::Workers => Task::Generate,
    }
}

/// A question, read.
#[derive(Clone, Debug)]
pub struct Chat {
    kind: Kind,
    model: String,
    path: String,
    input: Input,
    ask: Ask,
}

impl Chat {
    /// Reads a question.
    ///
    /// # Errors
    /// Workers AI's 5004.
    pub fn read(kind: Kind, model: &str, path: String, fields: &Map<String, Value>) -> Result<Self, Answer> {
        let input = Input::read(fields)?;
        // What is no picture is complained of by whoever looks at it.
        let sent = input.pictures.iter().filter_map(|bytes| Sent::read(bytes).ok());
        let ask = Ask {
            task: task(kind.service(!input.pictures.is_empty())),
            images: sent.map(|picture| picture.facts).collect(),
            parameters: parameters(fields, &["prompt", "messages", "image"]),
            ..Ask::default()
        };
        Ok(Self { kind, model: model.to_owned(), path, input, ask })
    }

    /// Answers it.
    pub async fn answer(self, emulator: &Emulator) -> Response {
        let service = self.kind.service(!self.input.pictures.is_empty());
        let open = emulator.log().open(service, &self.model, &self.input.prompt, self.ask.clone());
        if service == Service::Vision && self.input.pictures.is_empty() && self.input.prompt.trim() == "agree"
        {
            // The real service thanks with the very status and code of the refusal.
            emulator.rules().agree();
            let thanks = "AiError: Thank you for agreeing to this model's Community License and Acceptable Use Policy. You may now use the model.";
            open.close("ok", Some(403));
            return (StatusCode::FORBIDDEN, axum::Json(failure(5016, thanks))).into_response();
        }
        let (model, prompt) = (&self.model, &self.input.prompt);
        let fault = emulator.rules().take(Target { service, model, prompt, task: self.ask.task });
        let billed_anyway = matches!(fault, Some(Fault::LateSuccess { .. }));
        let work = self.finish(fault, open);
        if billed_anyway {
            let done = tokio::spawn(work).await;
            return done.unwrap_or_else(|error| {
                (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response()
            });
        }
        work.await
    }

    async fn finish(self, fault: Option<Fault>, open: Open) -> Response {
        let outcome = fault.as_ref().map_or("ok", Fault::kind);
        let asked = faults::Asked { model: &self.model, path: &self.path, streamed: false };
        if let Some(response) = faults::replaced(fault.as_ref(), &Cloudflare, asked).await {
            open.close(outcome, Some(response.status().as_u16()));
            return response;
        }
        let said = match &fault {
            Some(Fault::Text { response }) => Ok(response.clone()),
            Some(Fault::WrongBytes) => Ok(json!("\u{fffd}\u{fffd}\u{1}\u{2}")),
            _ => self.say().await,
        };
        match said {
            Ok(said) => {
                let delivery = Delivery::Json(success(&self.shaped(&said)));
                faults::delivered(fault.as_ref(), &Cloudflare, delivery, 0, open).await
            }
            Err(complaint) => {
                open.close("rejected", Some(400));
                let (status, body) = bad_input(&complaint);
                (status, axum::Json(body)).into_response()
            }
        }
    }

    async fn say(&self) -> Result<Value, String> {
        let input = self.input.clone();
        let work = move || {
            if input.pictures.is_empty() {
                return Ok(text::answer(&input.prompt, &input.format));
            }
            let said = vision::answer(&input.prompt, &input.pictures)?;
            if input.format == text::Format::Free {
                return Ok(json!(said));
            }
            Ok(vision::object_in(&said).unwrap_or_else(|| json!({"description": said})))
        };
        tokio::task::spawn_blocking(work).await.map_err(|error| error.to_string())?
    }

    /// Puts an answer into the model's shape: text is cut at `max_tokens`, an object (JSON mode) never is.
    fn shaped(&self, said: &Value) -> Value {
        let cut = usize::try_from(self.input.max_tokens).unwrap_or(usize::MAX).saturating_mul(4);
        let said = match said {
            Value::String(text) => json!(text.chars().take(cut).collect::<String>()),
            other => other.clone(),
        };
        let written = said.as_str().map_or_else(|| said.to_string(), str::to_owned);
        let (asked, answered) = (tokens(&self.input.prompt), tokens(&written));
        let usage = json!({
            "prompt_tokens": asked, "completion_tokens": answered, "total_tokens": asked + answered,
        });
        if self.kind != Kind::Chat {
            return json!({"response": said, "tool_calls": [], "usage": usage});
        }
        json!({
            "id": "chatcmpl-emulator",
            "object": "chat.completion",
            "created": epoch_ms() / 1000,
            "model": self.model,
            "choices": [{
                "index": 0,
                "message": {"role": "assistant", "content": written},
                "finish_reason": "stop",
            }],
            "usage": usage,
        })
    }
}
