"""The commerce port over a company's own REST service, as docs/guide/commerce-rest.md describes it to the company."""
