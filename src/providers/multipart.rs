//! `multipart/form-data` bodies with files, which workers-rs' own form can't hold.

use sha2::{Digest, Sha256};

use super::Sent;

/// One field of a form.
pub enum Field<'a> {
    /// Words or a number.
    Text(&'a str, String),
    /// A file.
    File(String, &'a Sent),
}

/// Content type and body. The boundary is a digest of all that's in the form, so nothing in it can hold it.
pub fn encode(fields: &[Field<'_>]) -> (String, Vec<u8>) {
    let mut digest = Sha256::new();
    let mut size = 0;
    for field in fields {
        let bytes = field.bytes();
        size += bytes.len() + 256;
        digest.update(bytes);
    }
    let boundary = digest
        .finalize()
        .iter()
        .take(16)
        .fold(String::from("picasso-"), |text, byte| text + &format!("{byte:02x}"));
    let mut body = Vec::with_capacity(size);
    for field in fields {
        let head = match field {
            Field::Text(name, _) => {
                format!("--{boundary}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n")
            }
            Field::File(name, sent) => format!(
                "--{boundary}\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"{}\"\r\ncontent-type: {}\r\n\r\n",
                sent.media_type.replace('/', "."),
                sent.media_type
            ),
        };
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(field.bytes());
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), body)
}

impl Field<'_> {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(_, text) => text.as_bytes(),
            Self::File(_, sent) => &sent.bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use picasso_actors::provider::Role;

    use super::*;

    #[test]
    fn a_form_is_laid_out_as_the_standard_says() {
        let picture = Sent { role: Role::Start, media_type: "image/png", bytes: b"\x89PNG".to_vec() };
        let fields =
            [Field::Text("prompt", "a boat\r\n--x".to_owned()), Field::File("image[]".to_owned(), &picture)];
        let (content_type, body) = encode(&fields);
        let boundary = content_type.strip_prefix("multipart/form-data; boundary=").unwrap();
        let expected = [
            format!(
                "--{boundary}\r\ncontent-disposition: form-data; name=\"prompt\"\r\n\r\na boat\r\n--x\r\n"
            )
            .into_bytes(),
            format!(
                "--{boundary}\r\ncontent-disposition: form-data; name=\"image[]\"; filename=\"image.png\"\r\n\
                 content-type: image/png\r\n\r\n"
            )
            .into_bytes(),
            b"\x89PNG\r\n".to_vec(),
            format!("--{boundary}--\r\n").into_bytes(),
        ];
        assert_eq!(body, expected.concat());
    }

    #[test]
    fn every_form_has_a_boundary_of_its_own() {
        let of = |text: &str| encode(&[Field::Text("prompt", text.to_owned())]).0;
        assert_eq!(of("a"), of("a"));
        assert_ne!(of("a"), of("b"));
    }
}
