"""Web form: a page with questions, linked to or embedded, answered on a page of the customer's own."""
