# Build: docker build -t upsell .
# Run:   docker run --name upsell -p 8080:8080 -v upsell:/var/lib/upsell \
#            -e UPSELL_PUBLIC_URL=http://localhost:8080 upsell
# The public URL is how readers of mails reach the service: in production https://upsell.example.com or the like.
# First client: docker exec upsell cat /var/lib/upsell/first-client.json
FROM rust:1.95-trixie AS build
# aws-lc is built from C.
RUN apt-get update && apt-get install -y --no-install-recommends cmake && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN cargo build --profile dist --locked && mkdir /data

FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/*
COPY --from=build /src/target/dist/upsell /usr/bin/upsell
COPY --from=build --chown=65532:65532 --chmod=0700 /data /var/lib/upsell
USER 65532:65532
ENV UPSELL_DATA=/var/lib/upsell \
    UPSELL_LISTEN=0.0.0.0:8080 \
    UPSELL_OPS_LISTEN=0.0.0.0:9464 \
    UPSELL_LOG_FORMAT=json
VOLUME /var/lib/upsell
EXPOSE 8080 9464
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/bin/upsell"]
CMD ["serve"]
