public partial class Customers : Migration { }
