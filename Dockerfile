# docker build --tag ulmfit .
# docker run --rm --volume "$PWD:/data" ulmfit fit train.csv -o model
#
# Not tried by those who wrote it: they had no registry to pull the base images from.
FROM docker.io/library/rust:1.95-bookworm AS build
WORKDIR /source
COPY . .
RUN cargo build --locked --release --package ulmfit-cli

# The C library that the benchmarks were run with, certificates, a user without rights, and nothing else.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /source/target/release/ulmfit /usr/local/bin/ulmfit
COPY --from=build /source/LICENSE-MIT /source/LICENSE-APACHE /licenses/
COPY --from=build /source/assets/minilm/LICENSE /source/assets/minilm/NOTICE /licenses/minilm/
WORKDIR /data
ENTRYPOINT ["/usr/local/bin/ulmfit"]
