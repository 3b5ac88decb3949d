//! The part of ureq's API that the pinned tools compile against, with every call refused.
//!
//! The tools never need the network here: what they would download is named to them by environment variables.
//! Absent: everything else of ureq. Responses can't be constructed, so what reads them has no body to write.

use std::{convert::Infallible, fmt, io, marker::PhantomData, time::Duration};

/// Why a call returned nothing.
#[derive(Debug)]
pub enum Error {
    /// Never happens: no call is made that could time out.
    Timeout(Infallible),
    /// Always: this build has no HTTP client.
    Refused,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "this build never downloads: set WASM_BINDGEN_BIN, WASM_OPT_BIN and ESBUILD_BIN, as `cargo xtask build` does",
        )
    }
}

impl std::error::Error for Error {}

/// A client that refuses every call.
pub struct Agent;

/// Settings, all of them without effect.
pub struct Config;

/// Collects settings for `T`.
pub struct ConfigBuilder<T>(T);

/// A request that will be refused.
pub struct RequestBuilder<T>(PhantomData<T>);

/// Marks a request that takes a body.
pub struct WithBody;

/// Marks a request without a body.
pub struct WithoutBody;

/// A response, which can't exist.
pub struct Response(Body);

/// A response's body, which can't exist.
pub struct Body(Infallible);

impl Agent {
    pub fn new_with_defaults() -> Self {
        Self
    }

    pub fn config_builder() -> ConfigBuilder<Config> {
        ConfigBuilder(Config)
    }

    pub fn get(&self, _url: impl AsRef<str>) -> RequestBuilder<WithoutBody> {
        RequestBuilder(PhantomData)
    }

    pub fn delete(&self, _url: impl AsRef<str>) -> RequestBuilder<WithoutBody> {
        RequestBuilder(PhantomData)
    }

    pub fn post(&self, _url: impl AsRef<str>) -> RequestBuilder<WithBody> {
        RequestBuilder(PhantomData)
    }
}

impl Config {
    pub fn new_agent(self) -> Agent {
        Agent
    }
}

impl<T> ConfigBuilder<T> {
    pub fn tls_config(self, _config: tls::TlsConfig) -> Self {
        self
    }

    pub fn timeout_global(self, _limit: Option<Duration>) -> Self {
        self
    }

    pub fn build(self) -> T {
        self.0
    }
}

impl<T> RequestBuilder<T> {
    pub fn config(self) -> ConfigBuilder<Self> {
        ConfigBuilder(self)
    }
}

impl RequestBuilder<WithoutBody> {
    pub fn call(self) -> Result<Response, Error> {
        Err(Error::Refused)
    }
}

impl RequestBuilder<WithBody> {
    pub fn content_type(self, _value: &str) -> Self {
        self
    }

    pub fn send(self, _body: &[u8]) -> Result<Response, Error> {
        Err(Error::Refused)
    }
}

impl Response {
    pub fn status(&self) -> u16 {
        match self.0.0 {}
    }

    pub fn body_mut(&mut self) -> &mut Body {
        &mut self.0
    }
}

impl Body {
    pub fn as_reader(&mut self) -> io::Empty {
        match self.0 {}
    }

    pub fn read_to_string(&mut self) -> Result<String, Error> {
        match self.0 {}
    }
}

pub mod tls {
    //! Names of TLS settings.

    pub struct TlsConfig;

    pub struct TlsConfigBuilder;

    pub enum TlsProvider {
        NativeTls,
    }

    pub enum RootCerts {
        PlatformVerifier,
    }

    impl TlsConfig {
        pub fn builder() -> TlsConfigBuilder {
            TlsConfigBuilder
        }
    }

    impl TlsConfigBuilder {
        pub fn provider(self, _provider: TlsProvider) -> Self {
            self
        }

        pub fn root_certs(self, _roots: RootCerts) -> Self {
            self
        }

        pub fn build(self) -> TlsConfig {
            TlsConfig
        }
    }
}
