//! Whether an answer asks to slow down, and in which words.

use aws_runtime::retries::classifiers::THROTTLING_ERRORS;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;

/// What an answer says about the pace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// Nothing.
    Fine,
    /// The request was refused because requests come too fast, with this code: it had no effect.
    Throttled(String),
    /// The service is overloaded; whether the request had an effect is not known.
    Overloaded,
}

/// Reads what an answer says about the pace. Of an error the body is read for that; it is in the answer that comes back.
pub async fn read(mut response: HttpResponse) -> Result<(HttpResponse, Said), ConnectorError> {
    let status = response.status().as_u16();
    if !matches!(status, 400 | 403 | 429 | 500 | 503) {
        return Ok((response, Said::Fine));
    }
    let body = std::mem::replace(response.body_mut(), SdkBody::taken());
    let body = ByteStream::new(body).collect().await.map_err(|error| ConnectorError::io(error.into()))?.into_bytes();
    let said = of(status, &String::from_utf8_lossy(&body));
    *response.body_mut() = SdkBody::from(body);
    Ok((response, said))
}

fn of(status: u16, body: &str) -> Said {
    let code = body.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>")).map(|(code, _)| code);
    match (status, code) {
        (_, Some(code)) if THROTTLING_ERRORS.contains(&code) => Said::Throttled(code.to_owned()),
        (429, _) => Said::Throttled(code.unwrap_or("429").to_owned()),
        (503, _) => Said::Overloaded,
        _ => Said::Fine,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_code_decides_and_the_answer_stays_whole() {
        let of_ec2 = "<Response><Errors><Error><Code>RequestLimitExceeded</Code></Error></Errors></Response>";
        for (status, body, said) in [
            (503, of_ec2, Said::Throttled("RequestLimitExceeded".into())),
            (400, "<Error><Code>Throttling</Code></Error>", Said::Throttled("Throttling".into())),
            (503, "<Error><Code>SlowDown</Code></Error>", Said::Throttled("SlowDown".into())),
            (429, "", Said::Throttled("429".into())),
            (503, "<Error><Code>ServiceUnavailable</Code></Error>", Said::Overloaded),
            (503, "", Said::Overloaded),
            (400, "<Error><Code>DependencyViolation</Code></Error>", Said::Fine),
            (200, "<Code>Throttling</Code>", Said::Fine),
        ] {
            let answer = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
            let (answer, read) = read(answer).await.unwrap();
            assert_eq!((read, answer.body().bytes()), (said, Some(body.as_bytes())), "{status} {body}");
        }
    }
}
